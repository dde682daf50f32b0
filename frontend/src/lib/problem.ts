import type { ApiProblem } from "./types";

/** A refusal by the server in its one error schema, or its silence, in the same shape. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  /** The offending field, such as "configs.dqn.gamma". */
  readonly field: string | null;
  /** Where in the user's own loss function it was raised. */
  readonly traceback: string | null;

  constructor({ status, code, message, field, traceback }: ApiProblem) {
    super(message);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.field = field ?? null;
    this.traceback = traceback ?? null;
  }
}

export const UNREACHABLE = "The mouse server does not answer. Is it still running in its terminal?";

/** Converts any thrown value to a problem with a readable message. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  return new Problem({ status: 0, code: "unreachable", message: UNREACHABLE, field: null });
}

/** The problem in the body of a refusal; a body in another shape becomes a sentence with the status. */
export function problemFrom(status: number, body: unknown): Problem {
  return isApiProblem(body)
    ? new Problem(body)
    : new Problem({ status, code: "unexpected", message: `The server answered with status ${status}.`, field: null });
}

export function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === "AbortError";
}

/** The loss and config field a problem names, if it names one. */
export function configField(problem: Problem | null): { loss: string; field: string } | null {
  const [head, loss, field] = problem?.field?.split(".") ?? [];
  return head === "configs" && loss && field ? { loss, field } : null;
}

/** The message without the field prefix, for display beside the field. */
export function fieldMessage({ message, field }: Problem): string {
  const rest = field && message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message;
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

function isApiProblem(body: unknown): body is ApiProblem {
  return typeof body === "object" && body !== null && "message" in body && "status" in body && "code" in body;
}
