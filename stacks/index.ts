import "./prepare-process";
import { deployStack } from "./deploy";

export = deployStack;
