// `npm run prove [-- names]`: proves the properties of test/proofs/ for all inputs. The compiler's SMTChecker (its bounded
// engine, complete for code without loops) turns each into a question for Z3; docs/proofs.md says what that covers.

import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const ROOT = path.dirname(import.meta.dirname);
const MODEL = "test/proofs/MathModel.sol";
const MODELLED = "@openzeppelin/contracts/utils/math/Math.sol";
const TIMEOUT_MS = 120_000;

const require = createRequire(import.meta.url);

interface Solc {
  compile(input: string, callbacks: { import(name: string): { contents: string } | { error: string } }): string;
}

interface SolcOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly auxiliaryInputRequested?: { readonly smtlib2queries?: Readonly<Record<string, string>> };
}

/** What is used of the package z3-solver. */
interface Z3Module {
  init(): Promise<{
    readonly Z3: {
      mk_config(): unknown;
      mk_context(config: unknown): unknown;
      del_context(context: unknown): void;
      eval_smtlib2_string(context: unknown, query: string): Promise<string>;
    };
  }>;
}

interface Proof {
  readonly file: string;
  readonly contract: string;
  readonly name: string;
  /** Position of the property's `assert(` in the source. */
  readonly at: number;
}

type Answer = "unsat" | "sat" | "unknown";

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), "utf8");
}

/** The properties of a file: functions called prove_…, with one assertion each. */
function listProofs(file: string): readonly Proof[] {
  const source = read(file);
  const contract = path.basename(file, ".sol");
  const starts = [...source.matchAll(/\bfunction prove_(\w+)/g)];
  return starts.map(({ index, 1: name = "" }, i) => {
    const body = source.slice(index, starts[i + 1]?.index);
    const asserts = [...body.matchAll(/\bassert\(/g)];
    if (asserts.length !== 1) throw new Error(`${file}: prove_${name} has ${asserts.length} assertions, not one`);
    return { file, contract, name, at: index + (asserts[0]?.index ?? 0) };
  });
}

/** Lines that a proof repeats because it cannot call them, and that are no longer there. */
function findStaleMirrors(file: string): readonly string[] {
  return [...read(file).matchAll(/@custom:mirrors (\S+): (.+)$/gm)].flatMap(([, source = "", line = ""]) =>
    read(source).includes(line) ? [] : [`${file} mirrors a line that ${source} does not contain: ${line}`],
  );
}

/** The question whether one assertion can fail. The other ones become assumptions about functions nobody calls. */
function readQuery({ file, contract, at }: Proof, replacement: string): string {
  const source = read(file);
  const assume = (text: string): string => text.replace(/\bassert\(/g, "require(");
  const content = assume(source.slice(0, at)) + replacement + assume(source.slice(at + "assert(".length));
  const find = (name: string): { contents: string } | { error: string } => {
    for (const candidate of name === MODELLED ? [MODEL] : [name, path.join("node_modules", name)]) {
      try {
        return { contents: read(candidate) };
      } catch {
        // The next place, or nowhere.
      }
    }
    return { error: `${name} was not found` };
  };
  const settings = {
    modelChecker: {
      engine: "bmc",
      solvers: ["smtlib2"],
      timeout: TIMEOUT_MS,
      targets: ["assert"],
      contracts: { [file]: [contract] },
    },
    outputSelection: { "*": { "*": ["abi"] } },
  };
  const input = JSON.stringify({ language: "Solidity", sources: { [file]: { content } }, settings });
  const output = JSON.parse((require("solc") as Solc).compile(input, { import: find })) as SolcOutput;
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map((error) => error.formattedMessage).join("\n"));
  const queries = Object.values(output.auxiliaryInputRequested?.smtlib2queries ?? {});
  const [query] = queries;
  if (query === undefined || queries.length > 1) throw new Error(`${file}: ${queries.length} questions instead of one`);
  return query;
}

async function main(): Promise<number> {
  const names = process.argv.slice(2);
  const files = globSync("test/proofs/*Proof.sol", { cwd: ROOT }).sort();
  const stale = files.flatMap(findStaleMirrors);
  for (const problem of stale) console.error(problem);
  const proofs = files
    .flatMap(listProofs)
    .filter(({ contract, name }) => names.length === 0 || names.some((part) => `${contract}.${name}`.includes(part)));
  const { Z3 } = await (require("z3-solver") as Z3Module).init();
  const ask = async (query: string): Promise<Answer> => {
    const context = Z3.mk_context(Z3.mk_config());
    const [answer = ""] = (await Z3.eval_smtlib2_string(context, query)).split("\n");
    Z3.del_context(context);
    return answer === "unsat" || answer === "sat" ? answer : "unknown";
  };

  let proved = 0;
  for (const proof of proofs) {
    const startedAt = performance.now();
    const canFail = await ask(readQuery(proof, "assert("));
    // With an assertion that is false by itself, "cannot fail" would mean that nothing reaches it.
    const reached = canFail === "unsat" ? await ask(readQuery(proof, "assert(false && ")) : "unknown";
    const verdict = {
      unsat: { sat: "proved", unsat: "VACUOUS", unknown: "UNDECIDED" }[reached],
      sat: "FALSE",
      unknown: "UNDECIDED",
    }[canFail];
    if (verdict === "proved") proved += 1;
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    console.log(`${verdict.padEnd(9)}  ${seconds.padStart(5)} s  ${proof.contract}.${proof.name}`);
  }
  console.log(`\nproved ${proved}/${proofs.length}`);
  return proved === proofs.length && proofs.length > 0 && stale.length === 0 ? 0 : 1;
}

// Z3's threads would keep the process alive.
process.exit(await main());
