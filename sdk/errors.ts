/** Root of every error this library throws on purpose; `name` is the class name, so logs stay readable. */
export class HedgerowError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/**
 * A parameter outside the domain of the formula it was given to.
 *
 * `value` is what the caller passed, `requirement` the bound it broke, worded so that it can follow "must":
 * `new InvalidParameterError("volatility", -0.2, "be greater than 0")`.
 */
export class InvalidParameterError extends HedgerowError {
  readonly parameter: string;
  readonly value: unknown;
  readonly requirement: string;

  constructor(parameter: string, value: unknown, requirement: string) {
    super(`${parameter} is ${describeValue(value)}; it must ${requirement}.`);
    this.parameter = parameter;
    this.value = value;
    this.requirement = requirement;
  }
}

function describeValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? `[${value.join(", ")}]` : "an object";
  return String(value);
}
