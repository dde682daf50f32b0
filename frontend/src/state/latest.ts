/** How long a request may hold up a newer one before it is aborted, in milliseconds. */
const GRACE = 300;

interface Handlers<Input, Output> {
  run: (input: Input, signal: AbortSignal) => Promise<Output>;
  done: (input: Input, output: Output) => void;
  failed: (input: Input, error: unknown) => void;
}

/**
 * Runs what was asked last: at most one request in flight, and only the newest of those that wait.
 *
 * A request in flight may finish within the grace time although a newer one waits (so that figures follow a
 * slider while it is dragged); a slower one is aborted for the newer. Answers therefore never arrive out of order.
 */
export class Latest<Input, Output> {
  #handlers: Handlers<Input, Output>;
  #flight: { controller: AbortController; started: number } | null = null;
  #waiting: { input: Input } | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(handlers: Handlers<Input, Output>) {
    this.#handlers = handlers;
  }

  ask(input: Input): void {
    this.#waiting = { input };
    if (!this.#flight) {
      this.#next();
      return;
    }
    clearTimeout(this.#timer);
    const left = this.#flight.started + GRACE - performance.now();
    this.#timer = setTimeout(() => this.#flight?.controller.abort(), Math.max(0, left));
  }

  /** Aborts what is in flight and forgets what waits. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#waiting = null;
    this.#flight?.controller.abort();
    this.#flight = null;
  }

  #next(): void {
    clearTimeout(this.#timer);
    const asked = this.#waiting;
    this.#waiting = null;
    if (asked) void this.#fly(asked.input);
  }

  async #fly(input: Input): Promise<void> {
    const flight = { controller: new AbortController(), started: performance.now() };
    const { signal } = flight.controller;
    this.#flight = flight;
    try {
      const output = await this.#handlers.run(input, signal);
      if (!signal.aborted) this.#handlers.done(input, output);
    } catch (error) {
      if (!signal.aborted) this.#handlers.failed(input, error);
    }
    if (this.#flight !== flight) return;
    this.#flight = null;
    this.#next();
  }
}
