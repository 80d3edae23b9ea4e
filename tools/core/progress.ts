/** Seconds between two signs of life of a step that takes long, where there is no terminal to redraw. */
const HEARTBEAT = 15;

/** What a running step can tell. */
export interface Step {
  /** What it is doing now; shown beside the elapsed time. */
  detail(text: string): void;
  /** A line of its own, above the running steps. */
  note(text: string): void;
}

interface Running {
  readonly title: string;
  readonly start: number;
  detail: string;
  lastBeat: number;
}

/**
 * Steps with their elapsed time, on standard error, so that standard output stays free for results. On a terminal
 * the running ones are redrawn on one line; elsewhere each has a line at its start, one every 15 s, and one at its end.
 */
export class Progress {
  private readonly running = new Set<Running>();
  private readonly begun = Date.now();
  private readonly finished: { title: string; seconds: number }[] = [];
  private timer: NodeJS.Timeout | undefined;
  private drawn = false;

  constructor(
    private readonly out: NodeJS.WriteStream = process.stderr,
    private readonly quiet = false,
  ) {}

  /** Runs one step; its title is a phrase such as "Docker engine". The result may say more than that it ended. */
  async step<T>(title: string, work: (step: Step) => Promise<T>, summary?: (result: T) => string): Promise<T> {
    const step = this.begin(title);
    if (!this.out.isTTY) this.line(`  … ${title}`);
    try {
      const result = await work(step);
      step.end(true, summary?.(result));
      return result;
    } catch (error) {
      step.end(false);
      throw error;
    }
  }

  /** A step whose end is known elsewhere. It is not announced: most of those are over before anybody could read it. */
  begin(title: string): Step & { end(well: boolean, summary?: string): void } {
    const state: Running = { title, start: Date.now(), detail: "", lastBeat: Date.now() };
    this.running.add(state);
    this.watch();
    return {
      detail: (text) => {
        state.detail = text;
      },
      note: (text) => this.note(text),
      end: (well, summary) => this.end(state, well ? "✔" : "✘", summary),
    };
  }

  /** A line of its own. */
  note(text: string): void {
    for (const part of text.split("\n")) this.line(`    ${part}`);
  }

  /** Steps that ended well, with their seconds, in order. */
  get times(): readonly { title: string; seconds: number }[] {
    return this.finished;
  }

  /** Since the beginning of this run, as text. */
  get total(): string {
    return elapsed(Date.now() - this.begun);
  }

  private end(state: Running, mark: string, summary?: string): void {
    this.running.delete(state);
    const ms = Date.now() - state.start;
    if (mark === "✔") this.finished.push({ title: state.title, seconds: ms / 1000 });
    this.line(`  ${mark} ${state.title}${summary ? `: ${summary}` : ""} (${elapsed(ms)})`);
    if (this.running.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
  }

  private watch(): void {
    this.timer ??= setInterval(() => this.tick(), 1000);
    this.timer.unref();
  }

  private tick(): void {
    if (this.quiet) return;
    if (this.out.isTTY) this.redraw();
    else this.beat();
  }

  private beat(): void {
    for (const state of this.running) {
      if (Date.now() - state.lastBeat < HEARTBEAT * 1000) continue;
      state.lastBeat = Date.now();
      this.line(`  … ${describe(state)}`);
    }
  }

  private redraw(): void {
    const text = `  … ${[...this.running].map(describe).join(" · ")}`;
    this.out.write(`\r\x1b[2K${text.slice(0, Math.max(20, (this.out.columns ?? 80) - 1))}`);
    this.drawn = true;
  }

  private line(text: string): void {
    if (this.quiet) return;
    this.out.write(`${this.drawn ? "\r\x1b[2K" : ""}${text}\n`);
    this.drawn = false;
  }
}

/** "850 ms" below a second, "12.3 s" below a minute, "3 min 24 s" above. */
export function elapsed(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function describe(state: Running): string {
  const detail = state.detail ? `: ${state.detail}` : "";
  return `${state.title}, ${elapsed(Date.now() - state.start)}${detail}`;
}
