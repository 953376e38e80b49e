import { expect } from "chai";
import type { Signer } from "ethers";
import { describe, it } from "mocha";

import type { Twin } from "../../localnet/twin.ts";
import { erc20Contract, vaultInterface } from "../../sdk/chain/contracts.ts";
import type { Snapshot } from "../../sdk/policy/types.ts";
import {
  baseOf,
  createVaultWorld,
  expectRevert,
  fundAndApprove,
  liquidateHedge,
  quoteOf,
  valueOfBase,
  quoteUnits,
  requestRedeem,
  revertOf,
  type VaultWorld,
  useTwin,
} from "./world.ts";

const TOKEN = 10n ** 12n;
const DAY = 86_400;
const UNLIMITED = (1n << 255n) - 1n;

describe("exits in kind", () => {
  let twin: Twin;
  let world: VaultWorld;
  let alice: string;
  let bob: string;

  useTwin(async (started) => {
    twin = started;
    world = await createVaultWorld(twin);
    [alice, bob] = await Promise.all([world.alice.getAddress(), world.bob.getAddress()]);
    await world.deposit(world.alice, "1000000");
    await world.deposit(world.bob, "250000");
    await world.tick();
  });

  /** A request that nobody settles, because no feed answers any more. */
  const requestWithDeadOracle = async (who: Signer, shares: bigint): Promise<bigint> => {
    await twin.advance(100_000);
    return await requestRedeem(world, who, shares);
  };
  const exit = async (
    who: Signer,
    id: bigint,
    maxBaseIn: bigint,
  ): Promise<{ readonly base: bigint; readonly quote: bigint }> => {
    const [base, quote] = await Promise.all([baseOf(world, who), quoteOf(world, who)]);
    await (await world.vault.connect(who).exitInKind(id, who, maxBaseIn, 0n)).wait();
    return { base: (await baseOf(world, who)) - base, quote: (await quoteOf(world, who)) - quote };
  };
  /** What one share owns of everything, times 1e30. */
  const perShare = ({ vault: v }: Snapshot): Readonly<Record<string, bigint>> => {
    const of = (amount: bigint): bigint => (amount * 10n ** 30n) / v.totalSupply;
    return {
      idleBase: of(v.idleBase),
      idleQuote: of(v.idleQuote),
      liquidity: of(v.ranges[0]?.liquidity ?? 0n),
      debt: of(-(v.hedges[0]?.deltaBase ?? 0n)),
    };
  };

  it("wait for the exit delay, to the second", async () => {
    const id = await requestWithDeadOracle(world.alice, 1_000n * TOKEN);
    const opensAt = (await world.vault.requestOf(id)).exitOpensAt;
    await expectRevert(
      world.vault.connect(world.alice).exitInKind(id, alice, UNLIMITED, 0n),
      "HedgedVault_ExitTooEarly",
      [opensAt],
    );
    await fundAndApprove(world, world.alice, world.market.base, 10n ** 18n, world.addresses.vault);
    await twin.advanceTo(Number(opensAt) - 2);
    // The next block is one second later, the one after that opens the door.
    const early = world.vault.connect(world.alice).exitInKind(id, alice, UNLIMITED, 0n, { gasLimit: 5_000_000n });
    await expectRevert(
      early.then((sent) => sent.wait()),
      "HedgedVault_ExitTooEarly",
      [opensAt],
    );
    expect(await twin.timestamp()).to.equal(Number(opensAt) - 1);
    expect((await exit(world.alice, id, UNLIMITED)).quote).to.be.greaterThan(0n);
  });

  it("need no delay in wind-down", async () => {
    const id = await requestWithDeadOracle(world.alice, 1_000n * TOKEN);
    await (await world.vault.connect(world.guardian).startWindDown()).wait();
    await fundAndApprove(world, world.alice, world.market.base, 10n ** 18n, world.addresses.vault);
    expect((await exit(world.alice, id, UNLIMITED)).quote).to.be.greaterThan(0n);
  });

  it("give a pro-rata part of everything with a dead oracle; nobody else gains or loses", async () => {
    const shares = (await world.vault.balanceOf(alice)) / 3n;
    const id = await requestWithDeadOracle(world.alice, shares);
    await twin.advance(DAY);
    // Control: the ordinary way is closed.
    expect((await revertOf(world.vault.settle(1n))).name).to.equal("HedgedVault_OracleUnhealthy");
    await fundAndApprove(world, world.alice, world.market.base, 10n ** 20n, world.addresses.vault);
    const supply = await world.vault.totalSupply();
    // The snapshot of a vault whose feeds are stale still has a price, and all amounts.
    const before = await world.snapshot();
    const got = await exit(world.alice, id, UNLIMITED);
    const after = await world.snapshot();
    expect(await world.vault.totalSupply()).to.equal(supply - shares);

    const [was, is] = [perShare(before), perShare(after)];
    const drift = (key: string): bigint => {
      const [a, b] = [was[key] ?? 0n, is[key] ?? 0n];
      return ((b - a) * 10n ** 12n) / a;
    };
    expect(drift("liquidity"), "parts per 10^12").to.be.within(0n, 10n);
    expect(drift("debt"), "a block's interest, rounding in favour of those who stay").to.be.within(-10n, 10_000n);
    // Fees are collected whole: those who stay have their part idle now.
    expect(drift("idleQuote")).to.be.greaterThan(-1n);
    expect(drift("idleBase")).to.be.greaterThan(-1_000_000n);

    const { vault: v } = before;
    const part = (amount: bigint): bigint => (amount * shares) / supply;
    const margin =
      (v.hedges[0]?.equityMinQuote ?? 0n) + (-(v.hedges[0]?.deltaBase ?? 0n) * v.oracle.priceWad) / 10n ** 30n;
    const quoteDue = part(v.liquidity.quote + v.liquidity.feesQuote + v.idleQuote + margin);
    expect(got.quote).to.be.within(quoteDue - quoteUnits(world, "1"), quoteDue + quoteUnits(world, "1"));
    const baseDue = part(v.liquidity.base + v.liquidity.feesBase + v.idleBase + (v.hedges[0]?.deltaBase ?? 0n));
    expect(got.base - baseDue).to.be.within(-(10n ** 14n), 10n ** 14n);
  });

  it("let the caller bring base that the debt needs and the liquidity lacks, up to the bound", async () => {
    await world.actors.step({ price: 2_900, volumeQuote: 1e6, seconds: 900 });
    const shares = (await world.vault.balanceOf(alice)) / 2n;
    const id = await requestWithDeadOracle(world.alice, shares);
    await twin.advance(DAY);
    const asAlice = world.vault.connect(world.alice);

    const short = await revertOf(asAlice.exitInKind(id, alice, 0n, 0n));
    expect(short.name).to.equal("HedgedVault_ExitNeedsMoreBase");
    const needed = short.args[0] as bigint;
    expect(short.args[1]).to.equal(0n);
    expect(needed, "several WETH").to.be.within(10n ** 18n, 10n ** 20n);
    const nearly = await revertOf(asAlice.exitInKind(id, alice, needed - 10n ** 12n, 0n));
    expect(nearly.name).to.equal("HedgedVault_ExitNeedsMoreBase");

    const bound = needed + 10n ** 14n;
    await fundAndApprove(world, world.alice, world.market.base, bound, world.addresses.vault);
    const paid = await exit(world.alice, id, bound);
    expect(-paid.base).to.be.within(needed, bound);
    expect(paid.quote).to.be.greaterThan(quoteUnits(world, "400000"));
    expect(await erc20Contract(world.market.base, world.alice).balanceOf(world.addresses.vault)).to.be.greaterThan(
      (await world.snapshot()).vault.idleBase - 1n,
    );
  });

  it("pay base out where the liquidity holds more than the debt", async () => {
    await world.actors.step({ price: 2_200, volumeQuote: 1e6, seconds: 900 });
    const id = await requestWithDeadOracle(world.alice, (await world.vault.balanceOf(alice)) / 2n);
    await twin.advance(DAY);
    const got = await exit(world.alice, id, 0n);
    expect(got.base).to.be.greaterThan(10n ** 18n);
  });

  it("are the controller's or its operator's, once, and go where they say", async () => {
    const id = await requestWithDeadOracle(world.alice, 1_000n * TOKEN);
    await twin.advance(DAY);
    const asBob = world.vault.connect(world.bob);
    await expectRevert(asBob.exitInKind(id, bob, UNLIMITED, 0n), "HedgedVault_NotController", [bob, alice]);
    await (await world.vault.connect(world.alice).setOperator(bob, true)).wait();
    await fundAndApprove(world, world.bob, world.market.base, 10n ** 18n, world.addresses.vault);
    const quote = await quoteOf(world, world.guardian);
    const receipt = await (await asBob.exitInKind(id, world.guardian, UNLIMITED, 0n)).wait();
    const got = (await quoteOf(world, world.guardian)) - quote;
    expect(got).to.be.greaterThan(0n);
    const events = (receipt?.logs ?? [])
      .filter((log) => log.address === world.addresses.vault)
      .map((log) => vaultInterface.parseLog(log));
    const exited = events.find((event) => event?.name === "ExitedInKind");
    expect(exited?.args["requestId"]).to.equal(id);
    expect(exited?.args["receiver"]).to.equal(await world.guardian.getAddress());
    expect(exited?.args["shares"]).to.equal(1_000n * TOKEN);
    expect(exited?.args["quoteOut"]).to.equal(got);
    await expectRevert(asBob.exitInKind(id, bob, UNLIMITED, 0n), "HedgedVault_UnknownRequest", [id]);
    // Its place in the queue is empty: settling skips it.
    await world.actors.pushOracle({ baseUsd: 2_500, quoteUsd: 1 });
    expect(await world.vault.settle.staticCall(5n)).to.equal(0n);
  });

  it("cannot be stopped by any role", async () => {
    const id = await requestWithDeadOracle(world.alice, 1_000n * TOKEN);
    await twin.advance(DAY);
    await fundAndApprove(world, world.alice, world.market.base, 10n ** 18n, world.addresses.vault);
    // Everything that guardian and owner can turn off or down.
    await (await world.vault.connect(world.guardian).pauseDeposits()).wait();
    await (await world.vault.connect(world.guardian).startWindDown()).wait();
    await (await world.vault.connect(world.admin).setDepositCap(0n)).wait();
    expect((await exit(world.alice, id, UNLIMITED)).quote).to.be.greaterThan(0n);
    // And the ordinary way opens again as soon as there is a price.
    await world.actors.pushOracle({ baseUsd: 2_500, quoteUsd: 1 });
    const shares = 1_000n * TOKEN;
    await requestRedeem(world, world.alice, shares);
    expect(await world.vault.maxRedeem(alice)).to.equal(shares);
  });

  it("leave the last one with everything", async () => {
    await (await world.vault.connect(world.guardian).startWindDown()).wait();
    for (const who of [world.alice, world.bob]) {
      await twin.advance(100_000);
      const id = await requestRedeem(world, who, await world.vault.balanceOf(who));
      await fundAndApprove(world, who, world.market.base, 10n ** 20n, world.addresses.vault);
      await exit(who, id, UNLIMITED);
    }
    const { vault: v } = await world.snapshot();
    expect(v.totalSupply).to.equal(0n);
    expect(v.ranges).to.deep.equal([]);
    expect(v.hedges[0]?.deltaBase).to.equal(0n);
    expect(v.book.navQuote).to.be.lessThan(1_000n);
  });

  describe("V19: after the hedge was liquidated", () => {
    it("exits still settle, at what is left", async () => {
      const navBefore = await world.vault.totalAssets();
      await world.actors.step({ price: 6_500, volumeQuote: 1e6, seconds: 900 });
      await liquidateHedge(world, world.bob);
      await (await world.vault.reconcile()).wait();
      const { vault: v } = await world.snapshot();
      expect(v.degraded).to.equal(true);
      expect(v.hedges[0], "more debt than collateral: given up, and nobody's to repay").to.include({
        equityMinQuote: 0n,
        deltaBase: 0n,
        lost: false,
      });
      const nav = await world.vault.totalAssets();
      expect(nav).to.be.within(1n, navBefore);
      const shares = (await world.vault.balanceOf(alice)) / 4n;
      const worth = (nav * shares) / (await world.vault.totalSupply());
      await requestRedeem(world, world.alice, shares);
      expect(await world.vault.maxRedeem(alice)).to.equal(shares);
      expect(await world.vault.maxWithdraw(alice)).to.be.within((worth * 98n) / 100n, worth + 10_000n);
    });

    it("NAV is zero, not negative, while the debt exceeds everything; once found out, the loan is the venue's loss", async () => {
      await world.actors.step({ price: 25_000, volumeQuote: 1e6, seconds: 900 });
      await liquidateHedge(world, world.bob);
      expect(await world.vault.totalAssets(), "nobody reconciled yet").to.equal(0n);
      expect(await world.vault.maxDeposit(alice)).to.equal(0n);
      const shares = (await world.vault.balanceOf(alice)) / 4n;
      const supply = await world.vault.totalSupply();
      const { vault: before } = await world.snapshot();
      // Asking for redemption reconciles on the way, and what the liquidity holds is shared out.
      await requestRedeem(world, world.alice, shares);
      expect(await world.vault.degraded()).to.equal(true);
      expect(await world.vault.maxRedeem(alice)).to.equal(shares);
      const left =
        before.idleQuote +
        before.liquidity.quote +
        before.liquidity.feesQuote +
        valueOfBase(world, before.idleBase + before.liquidity.base + before.liquidity.feesBase, before.oracle.priceWad);
      const part = (left * shares) / supply;
      expect(await world.vault.maxWithdraw(alice)).to.be.within((part * 97n) / 100n, part);
      await expectRevert(
        world.vault
          .connect(world.keeper)
          .rebalance([{ kind: 2, hedgeIndex: 0, tickLower: 0, tickUpper: 0, amount: 0n, marginQuote: 1n }], {
            expectedEpoch: await world.vault.epoch(),
            deadline: 1n << 40n,
            maxResidualDeltaBase: UNLIMITED,
            maxLossQuote: UNLIMITED,
          }),
        "Hedge_Abandoned",
        [],
      );
    });
  });
});
