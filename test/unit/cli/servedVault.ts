import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { HDNodeWallet, Mnemonic } from "ethers";

import { writeDeployment } from "../../../cli/deployment.ts";
import { serveExistingTwin } from "../../../localnet/serve.ts";
import { startTwin, type TwinSnapshot } from "../../../localnet/twin.ts";
import { venuesOf } from "../../../localnet/venues.ts";
import { deploySystem, deployVault } from "../../../sdk/chain/deployment.ts";
import { peopleOf, type VaultWorld, worldAround } from "../../integration/world.ts";
import { EXIT, run } from "./host.ts";
import type { CliRun } from "./host.ts";

/** Hardhat's well-known test accounts: nobody's secret. */
const MNEMONIC = Mnemonic.fromPhrase("test test test test test test test test test test test junk");
const PEOPLE = ["ADMIN", "KEEPER", "GUARDIAN", "ALICE"] as const;

export type Person = (typeof PEOPLE)[number];

/** A vault on a twin that is served over HTTP, and the command line pointed at it. */
export interface ServedVault {
  readonly world: VaultWorld;
  readonly directory: string;
  readonly deploymentFile: string;
  readonly rpcUrl: string;
  addressOf(person: Person): string;
  /** Runs the command against the vault. */
  hedgerow(...args: readonly string[]): Promise<CliRun>;
  /** The same as somebody, with JSON. */
  as(person: Person, ...args: readonly string[]): Promise<CliRun>;
  snapshot(): Promise<TwinSnapshot>;
  close(): Promise<void>;
}

/** Starts the twin, deploys a vault whose admin waits for `adminDelaySeconds`, and serves it. */
export async function serveVault(adminDelaySeconds: number): Promise<ServedVault> {
  const twin = await startTwin({ priceUsdcPerWeth: 2_500 });
  const people = await peopleOf(twin);
  const wallet = (person: Person): HDNodeWallet =>
    HDNodeWallet.fromMnemonic(MNEMONIC, `m/44'/60'/0'/0/${PEOPLE.indexOf(person)}`);
  const system = await deploySystem(people.admin, twin.addresses);
  const addresses = await deployVault(
    people.admin,
    system,
    venuesOf(twin),
    {
      admin: wallet("ADMIN").address,
      keeper: wallet("KEEPER").address,
      guardian: wallet("GUARDIAN").address,
      adminDelaySeconds,
    },
    { name: "Served vault", symbol: "hrSERVED", depositCapQuote: 5_000_000_000_000n },
  );
  const world = worldAround(twin, twin.market, people, system, addresses);
  const served = await serveExistingTwin(twin, 0);
  const directory = mkdtempSync(path.join(tmpdir(), "hedgerow-served-"));
  const deploymentFile = path.join(directory, "addresses.json");
  const { base, quote } = twin.market;
  const deployment = { chainId: 31_337, rpcUrl: served.url, vault: addresses.vault, lens: system.lens, base, quote };
  writeDeployment(deploymentFile, deployment);
  const variables: Record<string, string> = { HEDGEROW_DEPLOYMENT: deploymentFile };
  for (const person of PEOPLE) variables[`${person}_KEY`] = wallet(person).privateKey;
  const hedgerow = (...args: readonly string[]): Promise<CliRun> => run(args, variables);
  return {
    world,
    directory,
    deploymentFile,
    rpcUrl: served.url,
    addressOf: (person) => wallet(person).address,
    hedgerow,
    as: (person, ...args) => hedgerow(...args, "--private-key-env", `${person}_KEY`, "--json"),
    snapshot: () => twin.snapshot(),
    close: async () => {
      await served.close();
      rmSync(directory, { recursive: true });
    },
  };
}

/** The JSON that a command printed. Fails when it failed. */
export async function json(promise: Promise<CliRun>): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await promise;
  expect(code, stderr).to.equal(EXIT.done);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** The one line in which a command refused, having printed nothing else. */
export async function refusal(promise: Promise<CliRun>): Promise<string> {
  const { code, stdout, stderr } = await promise;
  expect({ code, stdout }, stderr).to.deep.equal({ code: EXIT.failed, stdout: "" });
  expect(stderr.trimEnd()).not.to.include("\n");
  return stderr;
}
