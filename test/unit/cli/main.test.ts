import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { readEnvironment } from "../../../cli/env.ts";
import { runCli } from "../../../cli/main.ts";
import { EXIT, collect, run } from "./host.ts";

describe("hedgerow", () => {
  it("lists its commands", async () => {
    const { code, stdout } = await run(["--help"]);
    expect(code).to.equal(EXIT.done);
    for (const name of ["demo", "status", "deposit", "redeem", "claim", "keeper", "position"])
      expect(stdout).to.include(`  ${name} `);
  });

  it("prints its version", async () => {
    expect((await run(["--version"])).stdout).to.match(/^\d+\.\d+\.\d+\n$/);
  });

  it("answers an unknown flag or command with one line, a suggestion and exit code 1", async () => {
    for (const [args, hint] of [
      [["demo", "--hedless"], "--headless"],
      [["position", "--sigmas", "1"], "--sigma"],
      [["deposit", "--amout", "5"], "--amount"],
      [["dmeo"], "demo"],
    ] as const) {
      const { code, stdout, stderr } = await run(args);
      expect({ code, stdout }, args.join(" ")).to.deep.equal({ code: EXIT.failed, stdout: "" });
      expect(stderr).to.include(`Did you mean ${hint}?`).and.include("--help");
      expect(stderr.trimEnd()).not.to.include("\n");
    }
  });

  it("names the options that are missing, and arguments that are too many", async () => {
    expect((await run(["redeem"])).stderr).to.include("--shares is missing");
    const { code, stderr } = await run(["position", "1500"]);
    expect(code).to.equal(EXIT.failed);
    expect(stderr).to.include("too many arguments");
  });

  it("shows no stack unless it is asked for", async () => {
    const args = ["demo", "--prices", "no-such-file.csv", "--out", path.join(tmpdir(), "hedgerow-out")];
    const quiet = await run(args);
    expect(quiet.code).to.equal(EXIT.failed);
    expect(quiet.stderr).to.match(/^hedgerow: no-such-file\.csv: .*\n$/);
    const loud = await run(args, { HEDGEROW_DEBUG: "1" });
    expect(loud.stderr).to.include("    at ");
  });

  it("ends with 130 when it was interrupted", async () => {
    const stream = collect().stream;
    const code = await runCli(["position", "--pa", "1"], {
      environment: readEnvironment({}),
      streams: { stdout: stream, stderr: stream },
      signal: AbortSignal.abort(),
    });
    expect(code).to.equal(EXIT.interrupted);
  });
});

describe("readEnvironment", () => {
  it("takes empty for not set", () => {
    expect(readEnvironment({ HEDGEROW_DEBUG: "", NO_COLOR: "" })).to.include({ debug: false, noColor: false });
    expect(readEnvironment({ HEDGEROW_DEBUG: "0" }).debug).to.equal(false);
    expect(readEnvironment({ HEDGEROW_DEBUG: "1", NO_COLOR: "1" })).to.include({ debug: true, noColor: true });
    expect(readEnvironment({ KEY: "x" }).read("KEY")).to.equal("x");
    expect(readEnvironment({ KEY: "" }).read("KEY")).to.equal(undefined);
  });
});
