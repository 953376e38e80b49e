import { expect } from "chai";
import { HDNodeWallet } from "ethers";
import { describe, it } from "mocha";

import type { Alert } from "../../keeper/alerts.ts";
import { createManualClock } from "../../keeper/clock.ts";
import { loadConfig } from "../../keeper/config.ts";
import { silentLog } from "../../keeper/log.ts";
import { createKeeper, type Keeper } from "../../keeper/main.ts";
import type { TickRecord } from "../../keeper/outcomes.ts";
import type { Twin } from "../../localnet/twin.ts";
import { exposureOf } from "../../sdk/policy/exposure.ts";
import { createGmxWorld, type GmxWorld, moveMarket } from "./gmxWorld.ts";
import { requestRedeem, useTwin } from "./world.ts";

const TEST_PHRASE = "test test test test test test test test test test test junk";
/** The twin's second account, which the world gives the keeper role. */
const KEEPER_KEY = HDNodeWallet.fromPhrase(TEST_PHRASE, undefined, "m/44'/60'/0'/0/1").privateKey;

describe("keeper with a perpetual", () => {
  const clock = createManualClock(0);
  let twin: Twin;
  let world: GmxWorld;

  useTwin(async (started) => {
    twin = started;
    world = await createGmxWorld(twin, {
      policy: { maxDeltaBps: 500n, emergencyDeltaBps: 1_000n, cooldownSeconds: 60n },
    });
    await world.deposit(world.alice, "1000000");
  });

  const withKeeper = async (use: (keeper: Keeper) => Promise<void>): Promise<void> => {
    await world.gmx.setPrices(2_500);
    const config = loadConfig({
      env: {},
      overrides: {
        chainId: 31_337,
        lens: world.system.lens,
        vaults: [world.addresses.vault],
        privateKey: KEEPER_KEY,
        journalPath: ":memory:",
        live: true,
        receiptPollMs: 100,
      },
    });
    const keeper = await createKeeper(config, { eip1193: twin.provider, clock, log: silentLog });
    try {
      await use(keeper);
    } finally {
      keeper.close();
    }
  };
  const tick = async (keeper: Keeper): Promise<TickRecord> => {
    clock.set((await twin.timestamp()) * 1_000);
    return await keeper.tick();
  };
  const said = (alerts: readonly Alert[]): readonly string[] => alerts.map(({ code, text }) => `${code}: ${text}`);
  /** Ticks and has the venue answer until the keeper holds. */
  const work = async (keeper: Keeper): Promise<readonly string[]> => {
    const did: string[] = [];
    for (let i = 0; i < 30; i++) {
      await twin.advance(61);
      const { outcomes, alerts } = await tick(keeper);
      expect(said(alerts)).to.deep.equal([]);
      const [outcome] = outcomes;
      if (outcome?.kind === "held") return did;
      if (outcome?.kind !== "sent") throw new Error(JSON.stringify(outcome, (_, x: unknown) => String(x)));
      expect(
        outcome.outcome.kind,
        JSON.stringify(outcome.outcome, (_, x: unknown) => String(x)),
      ).to.equal("kept");
      did.push(outcome.decision.kind);
      await world.answer();
    }
    throw new Error(`never content: ${did.join()}`);
  };

  it("builds the position, keeps every promise, and writes down which order waits", async () => {
    await withKeeper(async (keeper) => {
      await twin.advance(61);
      expect((await tick(keeper)).outcomes[0]?.kind).to.equal("sent");
      await twin.advance(12);
      const { outcomes } = await tick(keeper);
      const [waiting] = outcomes;
      expect(waiting?.kind === "held" && waiting.decision.reasons[0]?.code).to.equal("hedge-pending");
      expect(waiting?.kind === "held" && waiting.decision.reasons[0]?.text).to.match(
        /^gmx-v2-short: an order of -1[0-9.]+ WETH waits for its venue\.$/,
      );
      const [entry] = keeper.journal.listTicks(1);
      const orders = (entry?.detail as { orders?: { venue: string; deltaBase: number }[] }).orders;
      expect(orders).to.have.length(1);
      expect(orders?.[0]?.venue).to.equal("gmx-v2-short");
      expect(orders?.[0]?.deltaBase).to.be.lessThan(-10);
      await world.answer();
      await work(keeper);
      const exposure = exposureOf(await world.snapshot());
      expect(exposure.liquidityQuote).to.be.greaterThan(exposure.navQuote * 0.55);
    });
  });

  it("V12 says in one line that the venue refused an order, or does not answer one", async () => {
    await withKeeper(async (keeper) => {
      await twin.advance(61);
      expect((await tick(keeper)).outcomes[0]?.kind).to.equal("sent");
      await twin.advance(12);
      await tick(keeper);
      // A sudden fall: the price is worse than what the order accepts.
      await world.gmx.setPrices(2_300);
      expect((await world.gmx.executeAll()).map(({ outcome }) => outcome)).to.deep.equal(["cancelled"]);
      await world.gmx.setPrices(2_500);
      await twin.advance(12);
      const refused = said((await tick(keeper)).alerts);
      expect(refused[0]).to.match(
        /^order-cancelled: gmx-v2-short \(0x[0-9a-fA-F]{40}\) cancelled an order of -1[0-9.]+ WETH/,
      );
      // The keeper tries again, and this time nobody answers.
      await twin.advance(61);
      await tick(keeper);
      await twin.advance(12);
      await tick(keeper);
      await twin.advance(700);
      await world.actors.pushOracle({ baseUsd: 2_500, quoteUsd: 1 });
      const late = said((await tick(keeper)).alerts).filter((text) => text.startsWith("order-overdue"));
      expect(late[0]).to.match(/has not answered an order .* Anyone may cancel it: hedgerow perp cancel-order\./);
      expect(said((await tick(keeper)).alerts), "said once").to.deep.equal([]);
    });
  });

  it("says in one line that a hedge has no ETH for its orders, and which", async () => {
    await withKeeper(async (keeper) => {
      await twin.provider.request({ method: "hardhat_setBalance", params: [world.hedgeAddress, "0x0"] });
      await twin.advance(61);
      const { alerts } = await tick(keeper);
      expect(said(alerts).join()).to.match(/^simulation-reverts: .*GmxV2Hedge_ExecutionFeeNotFunded/);
    });
  });

  it("has the venue pay whoever leaves, and settles what it paid", async () => {
    await withKeeper(async (keeper) => {
      await world.deposit(world.bob, "150000");
      await work(keeper);
      await moveMarket(world, 2_450);
      await work(keeper);
      await requestRedeem(world, world.bob, await world.vault.balanceOf(world.bob));
      const did = await work(keeper);
      expect(did).to.include("raise");
      const { vault: v } = await world.snapshot();
      expect(v.queue.pendingShares, did.join()).to.equal(0n);
      expect(v.queue.reservedQuote).to.be.greaterThan(145_000n * 10n ** 6n);
      const { deltaBase, navQuote, price } = exposureOf(await world.snapshot());
      expect(Math.abs(deltaBase * price)).to.be.lessThan(navQuote * 0.04);
    });
  });
});
