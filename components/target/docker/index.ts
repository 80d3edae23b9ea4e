export { type DockerEngine, DockerTarget, type DockerTargetArgs } from "./target";
