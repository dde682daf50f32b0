import { expect, it } from "vitest";
import { configField, Problem, problemFrom, problemOf, UNREACHABLE } from "../../src/lib/problem";

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
