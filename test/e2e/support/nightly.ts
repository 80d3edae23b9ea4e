export { NIGHTLY } from "../../../tools/e2e/suites";

export const ONLY_NIGHTLY = "only in the nightly run, which sets DATASTACK_NIGHTLY=1";
