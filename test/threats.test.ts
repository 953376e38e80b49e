import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import { describe, it } from "mocha";

const HERE = import.meta.dirname;
const CLASSES = 25;

/** Classes of failure that vaults of this kind have met; docs/security.md says how to run the tests of one. */
describe("threats", () => {
  const sources = readdirSync(HERE, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(test\.ts|t\.sol|Suite\.ts)$/.test(file))
    .map((file) => readFileSync(path.join(HERE, file), "utf8"));
  /** Names of suites and tests, in either language. */
  const names = sources.flatMap((source) => [
    ...[...source.matchAll(/\b(?:it|describe)\(\s*["'`]([^"'`]*)/g)].map((match) => match[1] ?? ""),
    ...[...source.matchAll(/\bfunction (test\w*|invariant_\w*)/g)].map((match) =>
      (match[1] ?? "").replaceAll("_", " "),
    ),
  ]);

  it("have a test that names them, every one", () => {
    const ids = Array.from({ length: CLASSES }, (_, i) => `V${String(i + 1).padStart(2, "0")}`);
    const unnamed = ids.filter((id) => !names.some((name) => new RegExp(`\\b${id}\\b`).test(name)));
    expect(unnamed).to.deep.equal([]);
  });
});
