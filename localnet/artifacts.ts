import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

import { AbiCoder, Interface, type InterfaceAbi } from "ethers";
import hre from "hardhat";

const require = createRequire(import.meta.url);

/** A published contract: its interface and its creation code, with libraries still to be linked. */
export interface Artifact {
  readonly abi: Interface;
  readonly bytecode: string;
  readonly linkReferences: LinkReferences;
}

type LinkReferences = Readonly<
  Record<string, Readonly<Record<string, readonly { readonly start: number; readonly length: number }[]>>>
>;

interface HardhatStyleJson {
  readonly abi: InterfaceAbi;
  readonly bytecode: string;
  readonly linkReferences?: LinkReferences;
}

interface ChainlinkJson {
  readonly compilerOutput: {
    readonly abi: InterfaceAbi;
    readonly evm: { readonly bytecode: { readonly object: string } };
  };
}

const cache = new Map<string, Artifact>();

function cached(id: string, read: () => Artifact): Artifact {
  const known = cache.get(id);
  if (known !== undefined) return known;
  const artifact = read();
  cache.set(id, artifact);
  return artifact;
}

function readJson(id: string, resolver: NodeJS.Require = require): unknown {
  return JSON.parse(readFileSync(resolver.resolve(id), "utf8"));
}

/**
 * Artifact published in Hardhat or Truffle format, by its module id (`@uniswap/v3-core/artifacts/…json`).
 * @param dependencyOf resolve the id as this package would, to get the version that package was built with.
 */
export function npmArtifact(id: string, dependencyOf?: string): Artifact {
  return cached(`${dependencyOf ?? ""}:${id}`, () => {
    const resolver =
      dependencyOf === undefined ? require : createRequire(require.resolve(`${dependencyOf}/package.json`));
    const json = readJson(id, resolver) as HardhatStyleJson;
    return { abi: new Interface(json.abi), bytecode: json.bytecode, linkReferences: json.linkReferences ?? {} };
  });
}

/** Artifact of `@chainlink/contracts`, which wraps the plain compiler output. */
export function chainlinkArtifact(name: string): Artifact {
  return cached(`chainlink:${name}`, () => {
    const { compilerOutput } = readJson(`@chainlink/contracts/abi/v0.6/${name}.json`) as ChainlinkJson;
    const object = compilerOutput.evm.bytecode.object;
    return {
      abi: new Interface(compilerOutput.abi),
      bytecode: object.startsWith("0x") ? object : `0x${object}`,
      linkReferences: {},
    };
  });
}

/** Artifact of `@aave/core-v3`, by its path under `contracts/` (`protocol/pool/Pool`). */
export function aaveArtifact(path: string): Artifact {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return npmArtifact(`@aave/core-v3/artifacts/contracts/${path}.sol/${name}.json`);
}

/**
 * Artifact compiled by Hardhat in this repository.
 * @throws HardhatError when it is missing; `npx hardhat build` makes it.
 */
export async function localArtifact(name: string): Promise<Artifact> {
  const known = cache.get(`local:${name}`);
  if (known !== undefined) return known;
  const { abi, bytecode, linkReferences } = await hre.artifacts.readArtifact(name);
  // Functions of a library may take contracts and storage; nobody calls them from outside.
  const callable = (abi as readonly unknown[]).filter((fragment) => !/"type":"[A-Z]/.test(JSON.stringify(fragment)));
  return cached(`local:${name}`, () => ({ abi: new Interface(callable as InterfaceAbi), bytecode, linkReferences }));
}

/**
 * Creation code of Multicall3. viem carries it but does not list the file in its exports map, so it is imported by
 * its location on disk.
 */
export async function multicall3InitCode(): Promise<string> {
  const packageRoot = dirname(require.resolve("viem/package.json"));
  const module = (await import(pathToFileURL(join(packageRoot, "_esm/constants/contracts.js")).href)) as {
    multicall3Bytecode: string;
  };
  return module.multicall3Bytecode;
}

/**
 * Creation code with libraries linked and constructor arguments appended.
 * @param libraries library name -> address; every referenced library must be present.
 */
export function initCodeOf(
  artifact: Artifact,
  constructorArgs: readonly unknown[] = [],
  libraries: Readonly<Record<string, string>> = {},
): string {
  let code = artifact.bytecode;
  for (const names of Object.values(artifact.linkReferences)) {
    for (const [name, positions] of Object.entries(names)) {
      const address = libraries[name];
      if (address === undefined) throw new Error(`Library ${name} must be deployed before the contract that links it`);
      for (const { start, length } of positions) {
        const at = 2 + 2 * start; // hex characters, after the 0x prefix
        code = code.slice(0, at) + address.slice(2).toLowerCase() + code.slice(at + 2 * length);
      }
    }
  }
  const inputs = artifact.abi.deploy.inputs;
  return code + AbiCoder.defaultAbiCoder().encode(inputs, constructorArgs).slice(2);
}
