import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { parseUnits } from "ethers";
import type { EIP1193Provider } from "@nomicfoundation/ignition-core";

import { readVaultAddresses, toSystemAddresses } from "../../cli/deploy/deployed.ts";
import { resolveVault, vaultOptionsOf } from "../../cli/deploy/resolve.ts";
import { runModule } from "../../cli/deploy/runModule.ts";
import { parseVaultSpec } from "../../cli/deploy/spec.ts";
import { DEPLOYMENT_GAS } from "../../cli/deploy/preflight/account.ts";
import { placeGmxV2Simulator } from "../../localnet/gmx/place.ts";
import type { Twin } from "../../localnet/twin.ts";
import { venuesOf } from "../../localnet/venues.ts";
import { buildSystemModule } from "../../scripts/modules/system.ts";
import { buildVaultModule } from "../../scripts/modules/vault.ts";
import { deploySystem, deployVault, type SystemAddresses, type VaultAddresses } from "../../sdk/chain/deployment.ts";
import { artifacts } from "../../sdk/chain/contracts.ts";
import { local } from "../../sdk/chain/networks/local.ts";
import { readRoles, Role, type Roles } from "../../sdk/chain/roles.ts";
import { readSnapshot } from "../../sdk/chain/snapshot.ts";
import type { VaultOptions } from "../../sdk/chain/vaultSpec.ts";
import { type People, peopleOf, useTwin } from "./world.ts";

const OPTIONS: VaultOptions = {
  name: "Either road",
  symbol: "hrROAD",
  depositCapQuote: parseUnits("250000", 6),
  policy: { maxDeltaBps: 400n },
  oracle: { maxSpotDeviationBps: 120 },
  volatility: { refreshSeconds: 1_800 },
  fees: { feeRecipient: "0x00000000000000000000000000000000000fee01", managementBps: 50, performanceBps: 1_000 },
};

const LIBRARY_PLACES = Object.values(artifacts.hedgedVault.deployedLinkReferences).flatMap((libraries) =>
  Object.values(libraries as Record<string, readonly { readonly start: number; readonly length: number }[]>).flat(),
);

describe("the two roads of deployment", () => {
  let twin: Twin;
  let people: People;
  let roles: Roles;
  let deployer: string;
  let directory: string;

  useTwin(async (fresh) => {
    twin = fresh;
    people = await peopleOf(twin);
    deployer = await people.bob.getAddress();
    roles = {
      admin: await people.admin.getAddress(),
      keeper: await people.keeper.getAddress(),
      guardian: await people.guardian.getAddress(),
      adminDelaySeconds: 3_600,
    };
  });
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), "hedgerow-deploy-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const provider = (): EIP1193Provider => twin.provider;
  const run = {
    confirmations: 1,
    signal: new AbortController().signal,
  };

  async function byModules(): Promise<{ system: SystemAddresses; vault: VaultAddresses }> {
    const common = { ...run, provider: provider(), from: deployer };
    const system = toSystemAddresses(
      await runModule({
        ...common,
        module: buildSystemModule(twin.addresses, roles, deployer),
        directory: path.join(directory, "system"),
      }),
    );
    const module = buildVaultModule(system, venuesOf(twin), roles, OPTIONS, deployer);
    const contracts = await runModule({ ...common, module, directory: path.join(directory, "vault") });
    return { system, vault: await readVaultAddresses(contracts, twin.ethers.provider) };
  }

  /** Code with the addresses of this deployment replaced by their names: clones and linked code carry them. */
  async function codeOf(where: Readonly<Record<string, string | readonly string[]>>): Promise<Record<string, string>> {
    const named = Object.entries(where).flatMap(([name, at]) =>
      typeof at === "string" ? [[name, at] as const] : at.map((one, i) => [`${name}${i}`, one] as const),
    );
    const codes: Record<string, string> = {};
    for (const [name, at] of named) {
      const code = await twin.rpc.codeAt(at);
      codes[name] = name === "vaultImplementation" ? withoutLibraries(code) : code;
    }
    return codes;
  }

  /** Libraries are in no list of addresses: where the compiler left room for them, any address will do. */
  const withoutLibraries = (code: string): string =>
    LIBRARY_PLACES.reduce((text, { start, length }) => {
      const at = 2 + 2 * start;
      return text.slice(0, at) + "_".repeat(2 * length) + text.slice(at + 2 * length);
    }, code);

  const withoutAddresses = (code: string, known: readonly string[]): string =>
    known.reduce((text, address) => text.replaceAll(address.slice(2).toLowerCase(), "_".repeat(40)), code);

  it("give the same code, configuration and roles", async () => {
    const modules = await byModules();
    const system = await deploySystem(people.bob, twin.addresses);
    const vault = await deployVault(people.bob, system, venuesOf(twin), roles, OPTIONS);

    const known = [modules.system, modules.vault, system, vault].flatMap(
      (set) => Object.values(set).flat() as string[],
    );
    const [left, right] = [
      { ...modules.system, ...modules.vault },
      { ...system, ...vault },
    ];
    expect(Object.keys(left).sort()).to.deep.equal(Object.keys(right).sort());
    const [leftCode, rightCode] = [await codeOf(left), await codeOf(right)];
    for (const [name, code] of Object.entries(leftCode)) {
      const [mine, theirs] = [withoutAddresses(code, known), withoutAddresses(rightCode[name] ?? "", known)];
      expect(mine, name).to.equal(theirs);
    }

    const facts = async (lens: string, at: VaultAddresses) => {
      const { vault: v } = await readSnapshot(twin.ethers.provider, lens, at.vault);
      const { policy, fees, depositCapQuote, name, symbol, base, quote } = v;
      return { params: policy.params, fees, depositCapQuote, name, symbol, base, quote };
    };
    expect(await facts(modules.system.lens, modules.vault)).to.deep.equal(await facts(system.lens, vault));
    const reading = await readRoles(twin.ethers.provider, modules.vault, roles, deployer);
    expect(reading).to.deep.equal(await readRoles(twin.ethers.provider, vault, roles, deployer));
    expect(reading).to.deep.equal({
      isAdmin: true,
      adminDelaySeconds: 3_600,
      isKeeper: true,
      isGuardian: true,
      deployerIsAdmin: false,
      functionRoles: {
        rebalance: Role.keeper,
        pauseDeposits: Role.guardian,
        pauseKeeper: Role.guardian,
        startWindDown: Role.guardian,
        cancelAdapterChange: Role.guardian,
      },
    });
  });

  it("by modules: run again, nothing is sent and the addresses are the same", async () => {
    const first = await byModules();
    const count = await twin.ethers.provider.getTransactionCount(deployer);
    expect(await byModules()).to.deep.equal(first);
    expect(await twin.ethers.provider.getTransactionCount(deployer)).to.equal(count);
    expect(readFileSync(path.join(directory, "vault", "journal.jsonl"), "utf8")).to.contain("HedgerowVault#create");
  });

  it("take the gas that the preflight asks for, to a few percent", async () => {
    const gasOf = async (from: number): Promise<number> => {
      const { provider: node } = twin.ethers;
      let gas = 0n;
      for (let block = await node.getBlockNumber(); block > from; block--) {
        for (const hash of (await node.getBlock(block))?.transactions ?? []) {
          gas += (await node.getTransactionReceipt(hash))?.gasUsed ?? 0n;
        }
      }
      return Number(gas);
    };
    const [start] = [await twin.ethers.provider.getBlockNumber()];
    const { system } = await byModules();
    const both = await gasOf(start);
    const middle = await twin.ethers.provider.getBlockNumber();
    await deployVault(people.bob, system, venuesOf(twin), roles, OPTIONS);
    const vault = await gasOf(middle);
    expect(vault).to.be.closeTo(Number(DEPLOYMENT_GAS.vault), 0.05 * Number(DEPLOYMENT_GAS.vault));
    expect(both - vault).to.be.closeTo(Number(DEPLOYMENT_GAS.system), 0.05 * Number(DEPLOYMENT_GAS.system));

    const gmxV2 = await placeGmxV2Simulator(twin);
    const before = await twin.ethers.provider.getBlockNumber();
    await runModule({
      ...{ ...run, provider: provider(), from: deployer, pollMs: 10 },
      module: buildSystemModule({ ...twin.addresses, gmxV2 }, roles, deployer),
      directory: path.join(directory, "with-gmx"),
    });
    const gmx = (await gasOf(before)) - (both - vault);
    expect(gmx).to.be.closeTo(Number(DEPLOYMENT_GAS.gmxV2), 0.05 * Number(DEPLOYMENT_GAS.gmxV2));
  });

  it("by modules: a vault's file with both hedges gives a vault with both, in that order", async () => {
    const gmx = await placeGmxV2Simulator(twin);
    const { base, quote } = twin.market;
    const market = { market: gmx.market, indexToken: base, longToken: base, shortToken: quote };
    const spec = {
      name: "Both hedges",
      symbol: "hrBOTH",
      base: "WETH",
      quote: "USDC",
      feePips: 500,
      hedges: ["aaveV3", "gmxV2"],
      depositCap: "250000",
      roles: { admin: roles.admin, keeper: roles.keeper, guardian: roles.guardian },
    };
    const network = { ...local, gmxV2: { venue: gmx, markets: [market] } };
    const resolved = resolveVault(parseVaultSpec(spec, "spec.json"), network);
    const common = { ...run, provider: provider(), from: deployer, pollMs: 10 };
    const system = toSystemAddresses(
      await runModule({
        ...common,
        module: buildSystemModule(resolved.systemVenues, resolved.roles, deployer),
        directory: path.join(directory, "system"),
      }),
    );
    const options = vaultOptionsOf(resolved, system);
    const module = buildVaultModule(system, resolved.venues, resolved.roles, options, deployer);
    const contracts = await runModule({ ...common, module, directory: path.join(directory, "vault") });
    const addresses = await readVaultAddresses(contracts, twin.ethers.provider);
    const { vault } = await readSnapshot(twin.ethers.provider, system.lens, addresses.vault);
    expect(vault.hedges.map(({ venue }) => venue)).to.deep.equal(["aave-v3-short", "gmx-v2-short"]);
    expect(vault.depositCapQuote).to.equal(parseUnits("250000", 6));
    const reading = await readRoles(twin.ethers.provider, addresses, resolved.roles, deployer);
    expect(reading).to.include({ isAdmin: true, adminDelaySeconds: 172_800, deployerIsAdmin: false });
  });

  it("by modules: the registry goes to the admin as well", async () => {
    const { system, vault } = await byModules();
    const reading = await readRoles(
      twin.ethers.provider,
      { authority: system.registryAuthority, vault: vault.vault },
      roles,
      deployer,
    );
    expect(reading).to.include({ isAdmin: true, adminDelaySeconds: 3_600, deployerIsAdmin: false });
  });
});
