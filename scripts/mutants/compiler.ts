// The compiler as `npm run mutants` uses it: unoptimised, because a mutant is compiled once and run for seconds, and
// straight to bytecode that replaces what Hardhat's artifacts hold.

import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

/** Byte positions in a bytecode, by whom they belong to. */
type References = Readonly<Record<string, unknown>>;

/** What changes in an artifact when its contract is compiled again. */
export interface CompiledContract {
  readonly file: string;
  readonly name: string;
  readonly bytecode: string;
  readonly deployedBytecode: string;
  readonly linkReferences: References;
  readonly deployedLinkReferences: References;
  readonly immutableReferences: References;
}

/** A compilation as Hardhat keeps it. Its network finds in there the names of errors that a message should give. */
export interface BuildInfo {
  readonly input: unknown;
  readonly output: unknown;
}

export type CompilerResult =
  | { readonly kind: "compiled"; readonly contracts: readonly CompiledContract[]; readonly buildInfo: BuildInfo }
  | { readonly kind: "failed"; readonly message: string };

/** A compilation: sources below `root`, of which all contracts are wanted. */
interface Job {
  readonly root: string;
  readonly files: readonly string[];
  readonly evmVersion: string;
}

export interface Compilation {
  readonly result: Promise<CompilerResult>;
  stop(): Promise<void>;
}

/** Compiles in a thread of its own: the compiler neither yields nor gives back its memory. */
export function startCompilation(job: Job): Compilation {
  const worker = new Worker(new URL(import.meta.url), { workerData: job });
  const result = new Promise<CompilerResult>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the compiler stopped before it was done")));
  });
  return {
    result,
    stop: async () => {
      await worker.terminate();
    },
  };
}

/** For every Solidity source of the project, the sources whose bytecode may depend on it (itself included). */
export function readDependents(root: string): ReadonlyMap<string, ReadonlySet<string>> {
  const files = globSync(["contracts/**/*.sol", "localnet/contracts/**/*.sol", "test/**/*.sol"], { cwd: root });
  const imports = new Map(files.map((file) => [file, readImports(root, file)]));
  const dependents = new Map(files.map((file) => [file, new Set<string>()]));
  for (const file of files) {
    const reached = new Set<string>();
    const visit = (source: string): void => {
      if (reached.has(source)) return;
      reached.add(source);
      dependents.get(source)?.add(file);
      imports.get(source)?.forEach(visit);
    };
    visit(file);
  }
  return dependents;
}

function readImports(root: string, file: string): readonly string[] {
  const code = readFileSync(path.join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  const statements = code.matchAll(/\bimport\s+(?:[^"';]*\bfrom\s+)?["'](\.[^"']+)["']/g);
  return [...statements].map(([, specifier = ""]) => path.posix.join(path.posix.dirname(file), specifier));
}

// ------------------------------------------------------------------------------------------------------ in the thread

const CODE = ["object", "opcodes", "sourceMap", "linkReferences"];
const WANTED = [
  "evm.deployedBytecode.immutableReferences",
  ...CODE.flatMap((part) => [`evm.bytecode.${part}`, `evm.deployedBytecode.${part}`]),
];

interface SolcBytecode {
  readonly object: string;
  readonly linkReferences?: References;
  readonly immutableReferences?: References;
}

interface SolcContract {
  readonly evm: { readonly bytecode?: SolcBytecode; readonly deployedBytecode?: SolcBytecode };
}

interface SolcOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts?: Readonly<Record<string, Readonly<Record<string, SolcContract>>>>;
}

/** Hardhat's network wants code of every contract it hears of, also of those that are only imported. */
const NO_CODE: SolcBytecode & { readonly opcodes: string; readonly sourceMap: string } = {
  object: "",
  opcodes: "",
  sourceMap: "",
  linkReferences: {},
};

function withCode(contract: SolcContract): SolcContract {
  return { ...contract, evm: { bytecode: NO_CODE, deployedBytecode: NO_CODE, ...contract.evm } };
}

function mapValues<Value, Result>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

interface Solc {
  compile(input: string, callbacks: { import(name: string): { contents: string } | { error: string } }): string;
}

function compile({ root, files, evmVersion }: Job): CompilerResult {
  const solc = createRequire(import.meta.url)("solc") as Solc;
  const read = (name: string): string => readFileSync(path.join(root, name), "utf8");
  const sources = Object.fromEntries(files.map((file) => [file, { content: read(file) }]));
  const settings = {
    // Without the optimiser the contracts need the intermediate representation, or they run out of stack.
    viaIR: true,
    optimizer: { enabled: false },
    evmVersion,
    outputSelection: {
      "*": { "": ["ast"], "*": ["abi", "evm.methodIdentifiers"] },
      ...Object.fromEntries(files.map((file) => [file, { "*": WANTED }])),
    },
  };
  const input = { language: "Solidity", sources, settings };
  const imported: Record<string, { content: string }> = {};
  const find = (name: string): { contents: string } | { error: string } => {
    for (const candidate of [name, path.join("node_modules", name)]) {
      try {
        const contents = read(candidate);
        imported[name] = { content: contents };
        return { contents };
      } catch {
        // The next place, or nowhere.
      }
    }
    return { error: `${name} was not found` };
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: find })) as SolcOutput;
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) return { kind: "failed", message: errors.map((error) => error.formattedMessage).join("\n") };
  const compiled = mapValues(output.contracts ?? {}, (byName) => mapValues(byName, withCode));
  const contracts = Object.entries(compiled).flatMap(([file, byName]) =>
    Object.entries(byName).flatMap(([name, { evm }]) => {
      const { bytecode = NO_CODE, deployedBytecode = NO_CODE }: SolcContract["evm"] = evm;
      if (deployedBytecode.object === "") return [];
      return [
        {
          file,
          name,
          bytecode: `0x${bytecode.object}`,
          deployedBytecode: `0x${deployedBytecode.object}`,
          linkReferences: asInputNames(bytecode.linkReferences),
          deployedLinkReferences: asInputNames(deployedBytecode.linkReferences),
          immutableReferences: deployedBytecode.immutableReferences ?? {},
        },
      ];
    }),
  );
  const buildInfo = {
    input: { ...input, sources: { ...imported, ...sources } },
    output: { ...output, errors: [], contracts: compiled },
  };
  return { kind: "compiled", contracts, buildInfo };
}

/** Artifacts name the sources of libraries as Hardhat hands them to the compiler: the project's own with a prefix. */
function asInputNames(references: References = {}): References {
  return Object.fromEntries(Object.entries(references).map(([file, places]) => [`project/${file}`, places]));
}

if (!isMainThread) parentPort?.postMessage(compile(workerData as Job));
