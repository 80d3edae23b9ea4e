import type { Image } from "../core/images";
import type { Connection, Credentials } from "../target/connection";

/** `community`: policies, continuous aggregates and compression by the database. `apache`: without them. */
export type Edition = "community" | "apache";

/** What has to be known of a server to work in its database: the component's own, or one that somebody else runs. */
export interface DatabaseServer {
  /** The component's name. */
  readonly name: string;
  /** With `psql`, `pg_dump` and a shell on its PATH. */
  readonly image: Image;
  readonly edition: Edition;
  readonly connection: Connection & { readonly database: string };
  /** May do everything in the database. Only for jobs and schedules of the component. */
  readonly admin: Credentials;
  /** Whether it is the component's own, so that a job may say that it restores what was in its volume. */
  readonly own: boolean;
}
