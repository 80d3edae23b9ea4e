/** Lets a limited number of tasks run at a time; the others wait in order. */
export class Slots {
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(private limit: number) {}

  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#taken >= this.limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#taken++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // the slot goes to the next one as it is
      if (next) next();
      else this.#taken--;
    }
  }

  /** Raises the limit, and lets those in that fit then. */
  widen(limit: number): void {
    this.limit = Math.max(this.limit, limit);
    while (this.#taken < this.limit) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#taken++;
      next();
    }
  }
}
