import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Latest } from "../../src/state/latest";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function bench(delayOf: (input: number) => number) {
  const done: number[] = [];
  const failed: number[] = [];
  const aborted: number[] = [];
  let flying = 0;
  let most = 0;
  const latest = new Latest<number, number>({
    run: async (input, signal) => {
      flying += 1;
      most = Math.max(most, flying);
      try {
        return await new Promise<number>((resolve, reject) => {
          const timer = setTimeout(() => (input < 0 ? reject(new Error("no")) : resolve(input)), delayOf(input));
          signal.addEventListener("abort", () => {
            clearTimeout(timer);
            aborted.push(input);
            reject(new DOMException("aborted", "AbortError"));
          });
        });
      } finally {
        flying -= 1;
      }
    },
    done: (_, output) => void done.push(output),
    failed: (input) => void failed.push(input),
  });
  return { latest, done, failed, aborted, most: () => most };
}

describe("Latest", () => {
  it("answers one question", async () => {
    const { latest, done } = bench(() => 10);
    latest.ask(1);
    await vi.runAllTimersAsync();
    expect(done).toEqual([1]);
  });

  it("keeps one in flight and only the newest of those that wait", async () => {
    const { latest, done, most } = bench(() => 50);
    for (const input of [1, 2, 3, 4]) latest.ask(input);
    await vi.runAllTimersAsync();
    expect(done).toEqual([1, 4]);
    expect(most()).toBe(1);
  });

  it("aborts a slow one for a newer one", async () => {
    const { latest, done, aborted } = bench((input) => (input === 1 ? 5000 : 10));
    latest.ask(1);
    latest.ask(2);
    await vi.advanceTimersByTimeAsync(400);
    expect(aborted).toEqual([1]);
    expect(done).toEqual([2]);
  });

  it("ends on the last of thirty moves and never goes backwards, however long each takes", async () => {
    const { latest, done, most } = bench((input) => (input * 7919) % 700);
    for (let move = 1; move <= 30; move += 1) {
      latest.ask(move);
      await vi.advanceTimersByTimeAsync((move * 31) % 90);
    }
    await vi.runAllTimersAsync();
    expect(done.at(-1)).toBe(30);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(most()).toBe(1);
  });

  it("goes on after a failure, with what waited", async () => {
    const { latest, done, failed } = bench(() => 10);
    latest.ask(-1);
    latest.ask(2);
    await vi.runAllTimersAsync();
    expect(failed).toEqual([-1]);
    expect(done).toEqual([2]);
  });

  it("falls silent when stopped, and can be asked again", async () => {
    const { latest, done, aborted } = bench(() => 10);
    latest.ask(1);
    latest.ask(2);
    latest.stop();
    await vi.runAllTimersAsync();
    expect(done).toEqual([]);
    expect(aborted).toEqual([1]);
    latest.ask(3);
    await vi.runAllTimersAsync();
    expect(done).toEqual([3]);
  });
});
