// A private copy of the project in which mutants live, so that the real one is never wrong, not even after a crash.

import { spawn } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import type { BuildInfo, CompiledContract } from "./compiler.ts";

/** What Hardhat reads in the copy: the project's configuration, without the limit that unoptimised code exceeds. */
const CONFIGURATION = `import project from "./hardhat.project.ts";

const networks = Object.fromEntries(
  Object.entries(project.networks ?? {}).map(([name, network]) => [
    name,
    network.type === "edr-simulated" ? { ...network, allowUnlimitedContractSize: true } : network,
  ]),
);

export default { ...project, networks };
`;

const SKIPPED = new Set(["node_modules", ".git", ".node", "coverage", "out", "deployments"]);

export type TestOutcome =
  | { readonly kind: "green"; readonly seconds: number }
  | { readonly kind: "red"; readonly seconds: number; readonly firstFailure: string }
  /** The run ended without a verdict: it crashed, ran no test or took too long. */
  | { readonly kind: "broken"; readonly seconds: number; readonly output: string };

export class Workspace {
  readonly root: string;
  readonly #processes = new Set<number>();
  readonly #originals = new Map<string, string>();

  constructor(projectRoot: string) {
    this.root = mkdtempSync(path.join(tmpdir(), "hedgerow-mutants-"));
    cpSync(projectRoot, this.root, {
      recursive: true,
      preserveTimestamps: true,
      filter: (source) => !SKIPPED.has(path.relative(projectRoot, source)),
    });
    symlinkSync(path.join(projectRoot, "node_modules"), path.join(this.root, "node_modules"), "dir");
    renameSync(path.join(this.root, "hardhat.config.ts"), path.join(this.root, "hardhat.project.ts"));
    writeFileSync(path.join(this.root, "hardhat.config.ts"), CONFIGURATION);
  }

  /** Replaces the text, which occurs once. */
  edit(file: string, find: string, replace: string): void {
    const target = path.join(this.root, file);
    const source = readFileSync(target, "utf8");
    this.#originals.set(file, source);
    writeFileSync(
      target,
      source.replace(find, () => replace),
    );
  }

  /** Undoes the edit. */
  restore(file: string): void {
    const source = this.#originals.get(file);
    if (source !== undefined) writeFileSync(path.join(this.root, file), source);
  }

  /** Puts bytecode into the artifacts. The ABI stays: a mutant that changes it would not be noticed for its own sake. */
  install(contracts: readonly CompiledContract[]): void {
    for (const { file, name, ...code } of contracts) {
      const target = path.join(this.root, "artifacts", file, `${name}.json`);
      const artifact = JSON.parse(readFileSync(target, "utf8")) as Record<string, unknown>;
      writeFileSync(target, JSON.stringify({ ...artifact, ...code }));
    }
  }

  /** Adds a compilation to those that Hardhat's network knows, under a name of ours. */
  addBuildInfo(name: string, { input, output }: BuildInfo): void {
    const directory = path.join(this.root, "artifacts", "build-info");
    const model = readdirSync(directory).find((file) => !file.endsWith(".output.json"));
    if (model === undefined) throw new Error("Hardhat has not compiled the project");
    const header = JSON.parse(readFileSync(path.join(directory, model), "utf8")) as Record<string, unknown>;
    const format = `${String(header["_format"]).replace("build-info", "build-info-output")}`;
    writeFileSync(
      path.join(directory, `${name}.json`),
      JSON.stringify({ ...header, id: name, input, userSourceNameMap: {} }),
    );
    writeFileSync(path.join(directory, `${name}.output.json`), JSON.stringify({ _format: format, id: name, output }));
  }

  removeBuildInfo(name: string): void {
    for (const ending of [".json", ".output.json"]) {
      rmSync(path.join(this.root, "artifacts", "build-info", `${name}${ending}`), { force: true });
    }
  }

  /** Runs one test file against what is installed. */
  async test(file: string, options: { readonly bail: boolean; readonly limitSeconds: number }): Promise<TestOutcome> {
    const startedAt = performance.now();
    const hardhat = path.join(this.root, "node_modules", "hardhat", "dist", "src", "cli.js");
    const runner = file.endsWith(".sol") ? "solidity" : "mocha";
    const bail = runner === "mocha" && options.bail ? ["--bail"] : [];
    const { code, output } = await this.#run(
      [hardhat, "test", runner, "--no-compile", ...bail, file],
      options.limitSeconds,
    );
    const seconds = (performance.now() - startedAt) / 1_000;
    const count = (what: string): number => Number(new RegExp(`^\\s*(\\d+) ${what}`, "m").exec(output)?.[1] ?? 0);
    if (code === 0 && count("passing") > 0 && count("failing") === 0) return { kind: "green", seconds };
    if (code !== 0 && count("failing") > 0) {
      return { kind: "red", seconds, firstFailure: /^\s+1\) (.+)$/m.exec(output)?.[1]?.trim() ?? "" };
    }
    return { kind: "broken", seconds, output };
  }

  #run(
    args: readonly string[],
    limitSeconds: number,
  ): Promise<{ readonly code: number | null; readonly output: string }> {
    return new Promise((resolve, reject) => {
      // A group of its own, so that ending it also ends what the tests started.
      const child = spawn(process.execPath, args, {
        cwd: this.root,
        detached: true,
        env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const { pid } = child;
      if (pid !== undefined) this.#processes.add(pid);
      const chunks: Buffer[] = [];
      child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
      child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
      const limit = setTimeout(() => {
        chunks.push(Buffer.from(`\nstopped after ${limitSeconds} s\n`));
        if (pid !== undefined) killGroup(pid);
      }, limitSeconds * 1_000);
      child.on("error", reject);
      child.on("close", (code) => {
        clearTimeout(limit);
        if (pid !== undefined) this.#processes.delete(pid);
        resolve({ code, output: Buffer.concat(chunks).toString() });
      });
    });
  }

  /** Ends what runs here and removes the copy. */
  remove(): void {
    for (const pid of this.#processes) killGroup(pid);
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
