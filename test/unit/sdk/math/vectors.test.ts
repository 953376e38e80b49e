import { expect } from "chai";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, it } from "mocha";
import vectors from "../../../vectors/math.json" with { type: "json" };

const FOLDER = import.meta.dirname;

describe("test/vectors/math.json", () => {
  it("has a test for every vector", () => {
    const sources = readdirSync(FOLDER)
      .filter((file) => file.endsWith(".test.ts") && file !== path.basename(import.meta.filename))
      .map((file) => readFileSync(path.join(FOLDER, file), "utf8"));
    const untested = Object.keys(vectors)
      .filter((name) => name !== "units")
      .filter((name) => !sources.some((source) => new RegExp(`\\bvectors\\.${name}\\b`).test(source)));
    expect(untested).to.deep.equal([]);
  });

  it("has a file of tests for every file of the room", () => {
    const room = path.join(FOLDER, "../../../../sdk/math");
    const untested = readdirSync(room)
      .map((file) => file.replace(/\.ts$/, ".test.ts"))
      .filter((file) => !readdirSync(FOLDER).includes(file));
    expect(untested).to.deep.equal([]);
  });
});
