import "./require-node";
import { deployStack } from "./deploy";

export = deployStack;
