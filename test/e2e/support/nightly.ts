/** Stories that take too long for every change. They say so where they are skipped. */
export const NIGHTLY = process.env.DATASTACK_NIGHTLY === "1";

export const ONLY_NIGHTLY = "only in the nightly run, which sets DATASTACK_NIGHTLY=1";
