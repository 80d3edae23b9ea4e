import * as pulumi from "@pulumi/pulumi";
import * as settings from "@pulumi/pulumi/runtime/settings";
import * as state from "@pulumi/pulumi/runtime/state";
import { Monitor, type MonitorSettings } from "./monitor";
import type { Recording } from "./recording";
import { serve } from "./server";

export interface InProcessSettings extends MonitorSettings {
  /** Configuration by full key, such as `datastack:kafkaBrokers`; objects as JSON text. */
  readonly config?: Readonly<Record<string, string>>;
  readonly secretConfig?: readonly string[];
}

// the SDK keeps the state of a run here, but does not publish its type
const { withLocalStorage } = state as unknown as { withLocalStorage<T>(run: () => Promise<T>): Promise<T> };

let previous: Promise<unknown> = Promise.resolve();

/**
 * Runs a function as a Pulumi program in this process and records it. State of the SDK is kept apart from that of other runs;
 * runs started together go one after the other. Rejects with what the program threw, in an `apply` too, or else with an
 * `EngineError`.
 */
export function recordInProcess(program: () => unknown, options: InProcessSettings): Promise<Recording> {
  const result = previous.then(() => runProgram(program, options));
  previous = result.catch(() => undefined);
  return result;
}

async function runProgram(program: () => unknown, options: InProcessSettings): Promise<Recording> {
  const monitor = new Monitor(options);
  const server = await serve(monitor);
  const { stackTraceLimit } = Error;
  try {
    // the SDK takes a trace of every promise, and a test runner maps each frame to its source: two thirds of a run's time
    Error.stackTraceLimit = 1;
    const failure = await withoutHandlers(() =>
      withLocalStorage(async () => {
        const { project, stack, preview = false, config = {}, secretConfig = [] } = options;
        settings.resetOptions(project, stack, UNLIMITED, server.address, server.address, preview, "organization");
        pulumi.runtime.setAllConfig({ ...config }, [...secretConfig]);
        try {
          await pulumi.runtime.runInPulumiStack(async () => (await program()) as Record<string, unknown> | undefined);
        } finally {
          await pulumi.runtime.disconnect();
        }
      }),
    );
    if (monitor.violations.length === 0 && failure) throw failure.error;
    return monitor.recording();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    server.close();
  }
}

/** Parallel registrations. */
const UNLIMITED = 2 ** 31 - 1;

/**
 * The SDK reports what fails inside an `apply` as an unhandled rejection, for which test runners have handlers of their own:
 * those are put aside meanwhile. Resolves with the first error.
 */
async function withoutHandlers(run: () => Promise<void>): Promise<{ readonly error: unknown } | undefined> {
  const failures: { error: unknown }[] = [];
  const catchError = (error: unknown): void => {
    failures.push({ error });
  };
  const aside = EVENTS.map((event) => ({ event, listeners: process.listeners(event as "uncaughtException") }));
  for (const { event } of aside) {
    process.removeAllListeners(event);
    process.on(event, catchError);
  }
  try {
    await run().catch(catchError);
    // rejections are reported only after the microtasks of the turn in which they happened
    await new Promise((resolve) => setTimeout(resolve, 0));
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    for (const { event, listeners } of aside) {
      process.removeListener(event, catchError);
      for (const listener of listeners) process.on(event, listener);
    }
  }
  return failures[0];
}

const EVENTS = ["unhandledRejection", "uncaughtException"] as const;
