import { expect, it } from "vitest";
import { configField, fieldMessage, Problem, problemFrom, problemOf, UNREACHABLE } from "../../src/lib/problem";

it("speaks the server's words", () => {
  const problem = problemFrom(422, {
    status: 422,
    code: "invalid_value",
    message: "gamma is 2.",
    field: "configs.dqn.gamma",
  });
  expect(problem.message).toBe("gamma is 2.");
  expect(configField(problem)).toEqual({ loss: "dqn", field: "gamma" });
});

it("has a sentence for a body that is no error of ours, and for silence", () => {
  expect(problemFrom(502, "<html>").message).toBe("The server answered with status 502.");
  expect(problemOf(new TypeError("fetch failed")).message).toBe(UNREACHABLE);
  const known = new Problem({ status: 404, code: "not_found", message: "gone" });
  expect(problemOf(known)).toBe(known);
});

it("finds no config field where none is named", () => {
  expect(configField(null)).toBeNull();
  expect(configField(new Problem({ status: 422, code: "x", message: "x", field: "figures.0.term" }))).toBeNull();
});

it("beside its field a message does not name it again", () => {
  const problem = (message: string, field: string | null) => new Problem({ status: 422, code: "c", message, field });
  expect(fieldMessage(problem("configs.dqn.gamma: found 2, expected 0 to 1.", "configs.dqn.gamma"))).toBe(
    "Found 2, expected 0 to 1.",
  );
  expect(fieldMessage(problem("nothing of the kind", "configs.dqn.gamma"))).toBe("Nothing of the kind");
  expect(fieldMessage(problem("no field", null))).toBe("No field");
});
