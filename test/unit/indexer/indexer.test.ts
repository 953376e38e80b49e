import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { Interface, type InterfaceAbi, type Result, ZeroAddress } from "ethers";

import { COVERAGE } from "../../../indexer/src/handlers/coverage.ts";
import type { IndexedEvent } from "../../../indexer/src/handlers/store.ts";
import { startTwin, type Twin } from "../../../localnet/twin.ts";
import { buildAbiPackage } from "../../../scripts/packageAbi/build.ts";
import { artifacts } from "../../../sdk/chain/contracts.ts";
import { newReplay, replay } from "../../../sdk/chain/replay.ts";
import { readVaultLogs } from "../../../sdk/chain/replayLogs.ts";
import { claimAll, createVaultWorld, requestRedeem, type VaultWorld } from "../../integration/world.ts";
import { type Declared, loadIndexer, SchemaStore } from "./frameworkDouble.ts";

const INDEXER = path.resolve(import.meta.dirname, "../../../indexer");

const ARTIFACTS: Readonly<Record<keyof typeof COVERAGE, { readonly abi: InterfaceAbi }>> = {
  VaultFactory: artifacts.vaultFactory,
  HedgedVault: artifacts.hedgedVault,
  RiskPolicy: artifacts.riskPolicy,
  UniswapV3Liquidity: artifacts.uniswapV3Liquidity,
  AaveV3Hedge: artifacts.aaveV3Hedge,
  GmxV2Hedge: artifacts.gmxV2Hedge,
};

function eventNames(abi: InterfaceAbi): readonly string[] {
  const names: string[] = [];
  new Interface(abi).forEachEvent(({ name }) => names.push(name));
  return names.sort();
}

/** Arguments by name, structs too, as viem decodes them. */
function named(args: Result): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(args.toObject()).map(([name, value]) => [
      name,
      typeof value === "object" && value !== null && !Array.isArray(value) ? value : nested(value),
    ]),
  );
}

function nested(value: unknown): unknown {
  const result = value as Partial<Result>;
  if (!Array.isArray(value) || typeof result.toObject !== "function") return value;
  try {
    return result.toObject();
  } catch {
    return [...(value as unknown[])];
  }
}

describe("the indexer", function () {
  this.timeout(60_000);
  let directory: string;
  let declared: Declared;
  let twin: Twin;
  let world: VaultWorld;

  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "hedgerow-indexer-"));
    buildAbiPackage(directory, path.join(directory, "none"));
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
    world = await createVaultWorld(twin);
    process.env["PONDER_FACTORY"] = world.system.factory;
    declared = await loadIndexer(INDEXER, directory);
  });
  after(async () => {
    delete process.env["PONDER_FACTORY"];
    await twin.close();
    rmSync(directory, { recursive: true });
  });

  for (const [contract, { handlers, ignored }] of Object.entries(COVERAGE)) {
    it(`handles or ignores every event of ${contract}, and none that it does not have`, () => {
      const listed = [...Object.keys(handlers), ...Object.keys(ignored)].sort();
      expect(listed).to.deep.equal(eventNames(ARTIFACTS[contract as keyof typeof COVERAGE].abi));
    });
  }

  it("registers each handler at a contract that carries the event, with the ABI of the build", () => {
    const expected = Object.entries(COVERAGE).flatMap(([contract, { handlers }]) =>
      Object.keys(handlers).map((name) => `${contract}:${name}`),
    );
    expect([...declared.functions.keys()].sort()).to.deep.equal([...expected].sort());
    for (const name of declared.functions.keys()) {
      const [contract = "", event] = name.split(":");
      const { abi, filter } = declared.contracts[contract]!;
      expect(abi).to.deep.equal((ARTIFACTS[contract as keyof typeof COVERAGE] as { abi: unknown }).abi);
      if (filter !== undefined) expect(filter.map((item) => item.event)).to.include(event);
    }
    // Hedges of both venues are found by the same topics.
    const topicOf = (abi: InterfaceAbi, name: string): string | undefined =>
      new Interface(abi).getEvent(name)?.topicHash;
    for (const name of ["HedgeAdjusted", "HedgeLost"]) {
      expect(topicOf(artifacts.gmxV2Hedge.abi, name)).to.equal(topicOf(artifacts.aaveV3Hedge.abi, name));
    }
  });

  it("has the vault's state after a life of it, row for row", async () => {
    const { vault, admin, guardian, alice, bob } = world;
    await world.deposit(alice, "200000");
    await world.deposit(bob, "50000");
    await world.tick();
    await (await vault.connect(bob).setOperator(alice, true)).wait();
    await world.actors.step({ price: 2_530, seconds: 3_600, volumeQuote: 2_000_000 });
    await (await vault.connect(admin).setFees(await guardian.getAddress(), 0, 1_000)).wait();
    await requestRedeem(world, alice, (await vault.balanceOf(alice)) / 3n);
    await claimAll(world, alice);
    await world.actors.step({ price: 2_580, seconds: 3_600, volumeQuote: 2_000_000 });
    await world.tick();
    await (await vault.connect(bob).transfer(alice, 10n ** 9n)).wait();
    // With feeds that are stale a request waits, and may be taken back.
    await twin.advance(2 * 86_400);
    const waiting = await requestRedeem(world, bob, 10n ** 12n);
    const cancelled = await requestRedeem(world, bob, 10n ** 11n);
    await (await vault.connect(bob).cancelRedeemRequest(cancelled, bob)).wait();
    await (await vault.connect(bob).claimCancelRedeemRequest(cancelled, bob, bob)).wait();
    await (await vault.connect(admin).proposeAdapterChange(world.addresses.hedges[0]!, ZeroAddress)).wait();
    await (await vault.connect(guardian).pauseDeposits()).wait();
    await (await vault.connect(guardian).startWindDown()).wait();

    const store = new SchemaStore();
    await feed(store);
    const table = (name: string): readonly Readonly<Record<string, unknown>>[] => store.rows(declared.schema[name]!);
    const head = await twin.ethers.provider.getBlockNumber();
    const state = replay(
      await readVaultLogs(twin.ethers.provider, world.addresses, 0, head),
      newReplay(world.addresses),
    );

    const [row] = table("vault");
    const { params } = (await policyParams()).at(-1)!;
    expect(row).to.deep.include({
      address: world.addresses.vault.toLowerCase(),
      liquidity: world.addresses.liquidity.toLowerCase(),
      totalShares: await vault.totalSupply(),
      idleBase: state.idleBase,
      idleQuote: state.idleQuote,
      reservedQuote: await vault.reservedQuote(),
      depositCapQuote: await vault.depositCapQuote(),
      depositsPaused: true,
      keeperPaused: false,
      windDownAt: state.windDownAt,
      nextPerformanceBps: 1_000n,
      nextFeesAt: state.fees.nextAt,
      nextAdapterCurrent: world.addresses.hedges[0]!.toLowerCase(),
      nextAdapter: null,
      epoch: (await vault.epoch()) - 1n,
      navQuote: state.lastAction?.navAfterQuote,
    });
    for (const { account, shares } of table("holder")) {
      expect(shares, String(account)).to.equal(await vault.balanceOf(account as string));
    }
    expect(table("holder")).to.have.length(3);
    expect(table("request").map(({ state: how, settledQuote }) => [how, settledQuote])).to.deep.equal([
      ["settled", state.requests[0]?.settledAssets],
      ["waiting", 0n],
      ["returned", 0n],
    ]);
    expect(table("request")[1]).to.include({
      requestId: waiting,
      shares: await vault.pendingRedeemRequest(waiting, bob),
    });
    const deposited = table("flow").filter(({ kind }) => kind === "deposit");
    expect(deposited.map(({ quote }) => quote)).to.deep.equal([-200_000_000_000n, -50_000_000_000n]);
    const claimed = table("flow").filter(({ kind }) => kind === "claim");
    expect(claimed.map(({ quote }) => quote)).to.deep.equal([state.totals.claimedQuote]);
    expect(table("rebalance")).to.have.length(Number(await vault.epoch()));

    const [liquidity, hedge] = table("adapter");
    expect(liquidity).to.include({ kind: "liquidity", swappedBase: state.totals.swappedBase, until: null });
    expect(hedge).to.include({
      kind: "hedge",
      deltaChangeBase: state.hedges[0]?.deltaChangeBase,
      marginChangeQuote: state.hedges[0]?.marginChangeQuote,
      lossReports: 0,
    });
    const ranges = table("range").filter(({ liquidity: units }) => units !== 0n);
    expect(ranges.map(({ tickLower, tickUpper, liquidity: units }) => [tickLower, tickUpper, units])).to.deep.equal(
      state.ranges.map((range) => [range.tickLower, range.tickUpper, range.liquidity]),
    );
    expect(table("operator")).to.deep.include({
      vault: world.addresses.vault.toLowerCase(),
      controller: (await bob.getAddress()).toLowerCase(),
      operator: (await alice.getAddress()).toLowerCase(),
      approved: true,
    });
    expect(table("charge").length).to.be.greaterThan(0);
    expect(table("policyParams")[0]).to.include({ maxDeltaBps: Number(params["maxDeltaBps"]), cooldownSeconds: 0 });
  });

  it("passes a stranger's events by, and refuses to begin in the middle", async () => {
    const stranger: IndexedEvent = {
      id: "1",
      args: { deltaChangeBase: 5n, marginChangeQuote: 7n },
      log: { address: "0x00000000000000000000000000000000000000AA" },
      block: { number: 1n, timestamp: 1n },
      transaction: { hash: "0x01" },
    };
    const store = new SchemaStore();
    await declared.functions.get("AaveV3Hedge:HedgeAdjusted")!({ event: stranger, context: { db: store } });
    expect(store.rows(declared.schema["adapter"]!)).to.deep.equal([]);
    expect(store.rows(declared.schema["hedgeChange"]!)).to.deep.equal([]);
    let failure: unknown;
    const late = { ...stranger, args: { paused: true } };
    await declared.functions.get("HedgedVault:DepositsPaused")!({ event: late, context: { db: store } }).catch(
      (error: unknown) => (failure = error),
    );
    expect(String(failure)).to.include("Index from the factory's block on");
  });

  /** Every log of the chain, as Ponder would hand them over. */
  async function feed(store: SchemaStore): Promise<void> {
    const { provider } = twin.ethers;
    const contractOf = new Map<string, keyof typeof COVERAGE>([
      [world.system.factory, "VaultFactory"],
      [world.addresses.vault, "HedgedVault"],
      [world.addresses.policy, "RiskPolicy"],
      [world.addresses.liquidity, "UniswapV3Liquidity"],
      [world.addresses.hedges[0]!, "AaveV3Hedge"],
    ]);
    const logs = await provider.getLogs({ address: [...contractOf.keys()], fromBlock: 0 });
    for (const log of logs) {
      const contract = contractOf.get(log.address)!;
      const parsed = new Interface(ARTIFACTS[contract].abi).parseLog(log)!;
      const run = declared.functions.get(`${contract}:${parsed.name}`);
      const { timestamp } = (await provider.getBlock(log.blockNumber))!;
      const event: IndexedEvent = {
        id: `${log.blockNumber}-${log.index}`,
        args: named(parsed.args),
        log: { address: log.address as `0x${string}` },
        block: { number: BigInt(log.blockNumber), timestamp: BigInt(timestamp) },
        transaction: { hash: log.transactionHash as `0x${string}` },
      };
      if (run === undefined) expect(Object.keys(COVERAGE[contract].ignored)).to.include(parsed.name);
      else await run({ event, context: { db: store } });
    }
  }

  async function policyParams(): Promise<readonly { readonly params: Record<string, bigint> }[]> {
    const abi = new Interface(artifacts.riskPolicy.abi);
    const logs = await twin.ethers.provider.getLogs({
      address: world.addresses.policy,
      topics: [abi.getEvent("ParamsChanged")!.topicHash],
      fromBlock: 0,
    });
    return logs.map((log) => ({ params: (abi.parseLog(log)!.args[0] as Result).toObject() as Record<string, bigint> }));
  }
});
