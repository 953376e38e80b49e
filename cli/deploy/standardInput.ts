import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** Standard JSON input of the Solidity compiler. */
export interface StandardInput {
  readonly language: string;
  readonly sources: Readonly<Record<string, { readonly content: string }>>;
  readonly settings: Readonly<Record<string, unknown>> & { readonly remappings?: readonly string[] };
}

/** What an explorer reads of a compilation: enough to compare bytecode. */
const OUTPUT = { "*": { "*": ["abi", "evm.bytecode", "evm.deployedBytecode", "metadata"] } };
const IMPORT = /^\s*import\s+(?:[^"';]*\bfrom\s+)?["']([^"']+)["']/gm;

/**
 * The part of an input that one source needs: itself and what it imports, however far. A compiler's run compiles many contracts at
 * once, tests among them, which are no business of an explorer.
 *
 * Throws RangeError when an import is not in the input.
 */
export function closeSources(input: StandardInput, root: string): StandardInput {
  const sources: Record<string, { readonly content: string }> = {};
  const add = (name: string): void => {
    if (sources[name] !== undefined) return;
    const source = input.sources[name];
    if (source === undefined) throw new RangeError(`The compiler's input has no ${name}.`);
    sources[name] = { content: source.content };
    for (const [, specifier = ""] of source.content.matchAll(IMPORT)) add(resolveImport(name, specifier, input));
  };
  add(root);
  return { ...input, sources, settings: { ...input.settings, outputSelection: OUTPUT } };
}

/** The compiler's rule: a relative path from the importing file, else the longest remapping whose context and prefix fit. */
function resolveImport(from: string, specifier: string, { settings }: StandardInput): string {
  if (specifier.startsWith(".")) return path.posix.join(path.posix.dirname(from), specifier);
  const fitting = (settings.remappings ?? [])
    .map((remapping) => /^(?:(.*):)?(.*)=(.*)$/.exec(remapping))
    .flatMap((parts) =>
      parts === null ? [] : [{ context: parts[1] ?? "", prefix: parts[2] ?? "", target: parts[3] ?? "" }],
    )
    .filter(({ context, prefix }) => from.startsWith(context) && specifier.startsWith(prefix))
    .sort((a, b) => b.context.length - a.context.length || b.prefix.length - a.prefix.length);
  const [best] = fitting;
  return best === undefined ? specifier : best.target + specifier.slice(best.prefix.length);
}

const require = createRequire(import.meta.url);

/**
 * How OpenZeppelin compiled the AccessManager that its package carries, byte for byte: its repository's own settings. Sources are
 * named as in that repository, for their names are part of the code's metadata.
 */
export const ACCESS_MANAGER_COMPILATION = {
  compilerVersion: "v0.8.35+commit.47b9dedd",
  source: "contracts/access/manager/AccessManager.sol",
  input: (): StandardInput => {
    const root = path.dirname(require.resolve("@openzeppelin/contracts/package.json"));
    const sources: Record<string, { readonly content: string }> = {};
    const add = (file: string): void => {
      const name = `contracts/${file}`;
      if (sources[name] !== undefined) return;
      const content = readFileSync(path.join(root, file), "utf8");
      sources[name] = { content };
      for (const [, specifier = ""] of content.matchAll(IMPORT))
        add(path.posix.join(path.posix.dirname(file), specifier));
    };
    add("access/manager/AccessManager.sol");
    const optimizer = { enabled: true, runs: 200 };
    return { language: "Solidity", sources, settings: { optimizer, evmVersion: "osaka", outputSelection: OUTPUT } };
  },
} as const;
