import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import { getVerificationInformation } from "@nomicfoundation/ignition-core";
import { Interface, type InterfaceAbi } from "ethers";

import { artifacts, gmxV2Library } from "../../sdk/chain/contracts.ts";
import { ROOT, display } from "../deployment.ts";
import { UsageError } from "../errors.ts";
import { toJson } from "../output.ts";
import { ACCESS_MANAGER_COMPILATION, closeSources, type StandardInput } from "./standardInput.ts";
import { JOURNAL_DIRECTORY, writeWhole } from "./workspace.ts";

/** All that an explorer wants to know of one contract to show its source. */
export interface VerificationRequest {
  /** Name under which the deployment knows it. */
  readonly name: string;
  readonly address: string;
  /** "source file:contract", as in the standard JSON. */
  readonly contract: string;
  /** With the commit, as explorers list them: "v0.8.37+commit.f401782d". */
  readonly compilerVersion: string;
  /** ABI-encoded, without 0x. */
  readonly constructorArguments: string;
  readonly creationTransaction: string | undefined;
  readonly standardInput: StandardInput;
}

/** Every contract that can be looked up by the name of its artifact. */
const ARTIFACTS: ReadonlyMap<string, CompiledArtifact> = new Map(
  [...Object.values(artifacts), gmxV2Library].map((artifact) => [artifact.contractName, artifact as CompiledArtifact]),
);

interface CompiledArtifact {
  readonly contractName: string;
  readonly abi: InterfaceAbi;
  readonly sourceName: string;
  /** Absent in what a package published compiled. */
  readonly inputSourceName?: string;
  readonly buildInfoId?: string;
}

interface BuildInfo {
  readonly solcLongVersion: string;
  readonly input: StandardInput;
}

/**
 * What explorers need to verify the contracts that were deployed below a directory of the workspace. The clones of a vault need
 * nothing: explorers recognise minimal proxies and show what they point to.
 *
 * Throws {@link UsageError} when the contracts were compiled anew since and the compiler's input is gone.
 */
export async function buildVerificationRequests(directory: string): Promise<readonly VerificationRequest[]> {
  const journal = path.join(directory, JOURNAL_DIRECTORY);
  if (!existsSync(journal)) return [];
  const requests: VerificationRequest[] = [];
  for await (const info of getVerificationInformation(journal)) {
    if (typeof info === "string") throw new UsageError(`The artifact of ${info} is missing below ${display(journal)}.`);
    const artifactName = info.contract.split(":").at(-1) ?? info.contract;
    const artifact = ARTIFACTS.get(artifactName);
    if (artifact === undefined) throw new UsageError(`No source is known of ${info.contract}.`);
    const { compilerVersion, input, source } = readCompilation(artifact);
    const encoded = new Interface(artifact.abi).encodeDeploy(info.constructorArgs);
    requests.push({
      name: `${artifactName} ${info.address}`,
      address: info.address,
      contract: `${source}:${artifactName}`,
      compilerVersion,
      constructorArguments: encoded.slice(2),
      creationTransaction: info.creationTxHash,
      standardInput: withLibraries(input, info.libraries),
    });
  }
  return requests;
}

/** Writes the requests down, one file a contract, and returns the directory. */
export function writeVerificationRequests(directory: string, requests: readonly VerificationRequest[]): string {
  const target = path.join(directory, "verification");
  for (const { standardInput, ...request } of requests) {
    const stem = `${request.contract.split(":").at(-1) ?? "contract"}-${request.address.slice(2, 10)}`;
    const inputFile = `${stem}.input.json`;
    writeWhole(path.join(target, inputFile), `${toJson(standardInput)}\n`);
    writeWhole(path.join(target, `${stem}.json`), `${toJson({ ...request, standardInput: inputFile })}\n`);
  }
  return target;
}

function readCompilation(artifact: CompiledArtifact): {
  readonly compilerVersion: string;
  readonly input: StandardInput;
  readonly source: string;
} {
  const { buildInfoId, inputSourceName } = artifact;
  if (buildInfoId === undefined || inputSourceName === undefined) {
    const { compilerVersion, input, source } = ACCESS_MANAGER_COMPILATION;
    return { compilerVersion, input: input(), source };
  }
  const file = path.join(ROOT, "artifacts", "build-info", `${buildInfoId}.json`);
  if (!existsSync(file)) {
    throw new UsageError(
      `${display(file)} is missing, which says how ${artifact.contractName} was compiled. Run "npm run build".`,
    );
  }
  const { solcLongVersion, input } = JSON.parse(readFileSync(file, "utf8")) as BuildInfo;
  return {
    compilerVersion: `v${solcLongVersion}`,
    input: closeSources(input, inputSourceName),
    source: inputSourceName,
  };
}

/** Explorers take libraries by the file of their source; Ignition knows them by name. */
function withLibraries(input: StandardInput, libraries: Readonly<Record<string, string>>): StandardInput {
  const names = Object.entries(libraries);
  if (names.length === 0) return input;
  const byFile: Record<string, Record<string, string>> = {};
  for (const [name, address] of names) {
    const file = ARTIFACTS.get(name.split(":").at(-1) ?? name)?.inputSourceName;
    if (file === undefined) throw new UsageError(`No source is known of the library ${name}.`);
    byFile[file] = { ...byFile[file], [name.split(":").at(-1) ?? name]: address };
  }
  return { ...input, settings: { ...input.settings, libraries: byFile } };
}
