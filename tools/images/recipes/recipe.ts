import type { ImageName } from "../../../components/core/images";
import type { Progress } from "../../core/progress";
import type { GoProgram } from "../../toolchain/go";
import type { Entry, Settings } from "../archive";

/** How an image is built where no registry can be reached. */
export interface Recipe {
  readonly name: ImageName;
  /** Of the software in it. */
  readonly version: string;
  readonly settings: Settings;
  /** Programs that are built for it; their recipes count for the image's tag. */
  readonly programs: readonly GoProgram[];
  /** Changes when something else that goes into the image does. */
  readonly content: () => string;
  /** Archive of the root file system that the entries are added to. @default none, an empty one */
  readonly root?: (progress: Progress) => Promise<string>;
  readonly entries: (progress: Progress) => Promise<Entry[]>;
  /** Shell commands that are run in the image once, as root and without a network; what they write is part of it. @default none */
  readonly finish?: string;
  /** Folder of a Dockerfile that makes the same image where a root file system cannot be made. @default none */
  readonly dockerfile?: string;
}
