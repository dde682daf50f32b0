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
  #inFlight: { controller: AbortController; started: number } | null = null;
  #waiting: { input: Input } | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(handlers: Handlers<Input, Output>) {
    this.#handlers = handlers;
  }

  ask(input: Input): void {
    this.#waiting = { input };
    if (!this.#inFlight) {
      this.#next();
      return;
    }
    clearTimeout(this.#timer);
    const left = this.#inFlight.started + GRACE - performance.now();
    this.#timer = setTimeout(() => this.#inFlight?.controller.abort(), Math.max(0, left));
  }

  /** Aborts what is in flight and forgets what waits. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#waiting = null;
    this.#inFlight?.controller.abort();
    this.#inFlight = null;
  }

  #next(): void {
    clearTimeout(this.#timer);
    const asked = this.#waiting;
    this.#waiting = null;
    if (asked) void this.#send(asked.input);
  }

  async #send(input: Input): Promise<void> {
    const request = { controller: new AbortController(), started: performance.now() };
    const { signal } = request.controller;
    this.#inFlight = request;
    try {
      const output = await this.#handlers.run(input, signal);
      if (!signal.aborted) this.#handlers.done(input, output);
    } catch (error) {
      if (!signal.aborted) this.#handlers.failed(input, error);
    }
    if (this.#inFlight !== request) return;
    this.#inFlight = null;
    this.#next();
  }
}
