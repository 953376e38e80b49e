import { expect } from "chai";
import { type ContractTransactionReceipt, Interface, type Signer } from "ethers";
import { describe, it } from "mocha";

import { ACTORS } from "../../localnet/actors.ts";
import { toQuantity } from "../../localnet/rpc.ts";
import type { Twin } from "../../localnet/twin.ts";
import { policyContract } from "../../sdk/chain/contracts.ts";
import {
  abs,
  atOnce,
  claimAll,
  createHostileWorld,
  createVaultWorld,
  eventsOf,
  fundAndApprove,
  HARMLESS_STATE,
  type HostileWorld,
  multicallSigner,
  quoteOf,
  quoteUnits,
  redeemNow,
  requestRedeem,
  sharePrice,
  valueOfBase,
  type VaultWorld,
  useTwin,
} from "./world.ts";

const TOKEN = 10n ** 12n;
const WETH = 10n ** 18n;
const PPM = 1_000_000n;
const MAX_COST_PPM = 10_000n;
const VIRTUAL_SHARES = 10n ** 6n;
const UNLIMITED = (1n << 200n) - 1n;
const HOUR = 3_600;
const DAY = 86_400;

const ceilDiv = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
/** The average that the vault keeps: a new measurement weighs an eighth. */
const smoothed = (old: bigint, measured: bigint): bigint => (old * 7n + min(measured, MAX_COST_PPM)) / 8n;

describe("what a deposit pays for being hedged", () => {
  let twin: Twin;
  let world: HostileWorld;

  useTwin(async (started) => {
    twin = started;
    world = await createHostileWorld(twin, { policy: { maxLossBpsPerDay: 1_000n } });
    await world.deposit(world.alice, "1000000");
  });

  const costPpm = async (on: VaultWorld = world): Promise<bigint> => (await on.vault.feeLedger()).moveCostPpm;
  const report = async (equity: bigint, deltaBase = 0n): Promise<void> => {
    const state = { ...HARMLESS_STATE, deltaBase, equityMinQuote: equity, equityMaxQuote: equity };
    await (await world.hostile.setState(state)).wait();
  };
  /** A keeper action that trades `base` and after which the hostile hedge is worth `equity`. */
  const act = async (base: bigint, equity: bigint): Promise<ContractTransactionReceipt> => {
    const state = { ...HARMLESS_STATE, equityMinQuote: equity, equityMaxQuote: equity };
    const data = world.hostile.interface.encodeFunctionData("setState", [state]);
    await (await world.hostile.setCalls([{ target: world.hostile, data }])).wait();
    const action = { kind: 2, hedgeIndex: 1, tickLower: 0, tickUpper: 0, amount: base, marginQuote: 0n };
    const sent = await world.vault.connect(world.keeper).rebalance([action], {
      expectedEpoch: await world.vault.epoch(),
      deadline: (await twin.timestamp()) + 300,
      maxResidualDeltaBase: UNLIMITED,
      maxLossQuote: UNLIMITED,
    });
    return (await sent.wait()) as ContractTransactionReceipt;
  };
  /** Brings the measured cost to `target` at least, by actions that lose a hundredth of what they trade. */
  const measureUpTo = async (target: bigint): Promise<bigint> => {
    let equity = quoteUnits(world, "100000");
    await report(equity);
    while ((await costPpm()) < target) {
      equity -= quoteUnits(world, "100");
      await act(4n * WETH, equity);
    }
    await report(0n);
    return await costPpm();
  };

  describe("measured", () => {
    it("is zero before anything was measured: nobody pays, hedge or not", async () => {
      expect(await costPpm()).to.equal(0n);
      await report(0n, -100n * WETH);
      const [[book], [supply], [shares]] = (await atOnce(world, [
        ["book"],
        ["totalSupply"],
        ["previewDeposit", quoteUnits(world, "1000")],
      ])) as unknown as [[{ navMaxQuote: bigint }], [bigint], [bigint]];
      expect(shares).to.equal((quoteUnits(world, "1000") * (supply + VIRTUAL_SHARES)) / (book.navMaxQuote + 1n));
    });

    it("is an eighth of the first measurement: what the action lost, over what it traded", async () => {
      await report(quoteUnits(world, "100000"));
      // 4 base at 2,500 were traded and 20 lost: 2,000 millionths.
      const receipt = await act(4n * WETH, quoteUnits(world, "99980"));
      const policy = policyContract(world.addresses.policy, world.admin).interface as unknown as Interface;
      expect(eventsOf(receipt, "LossCharged", policy)[0]?.[0]).to.equal(quoteUnits(world, "20"));
      expect(eventsOf(receipt, "TurnoverCharged", policy)[0]?.[0]).to.equal(quoteUnits(world, "10000"));
      expect(await costPpm()).to.equal(250n);
      expect(eventsOf(receipt, "FeeLedgerChanged")).to.deep.equal([[0n, 0n, 0n, 250n]]);
    });

    it("moves an eighth of the way with every measurement, down as well as up", async () => {
      let equity = quoteUnits(world, "100000");
      await report(equity);
      let expected = 0n;
      for (const [lostQuote, measured] of [
        ["20", 2_000n],
        ["20", 2_000n],
        ["0", 0n],
        ["7.5", 750n],
        ["-50", 0n], // a gain is no cost
        ["99.99", 9_999n],
      ] as const) {
        equity -= quoteUnits(world, lostQuote);
        await act(4n * WETH, equity);
        expected = smoothed(expected, measured);
        expect(await costPpm(), `after a loss of ${lostQuote}`).to.equal(expected);
      }
      expect(expected).to.equal(1_594n);
      for (let i = 0; i < 60; i++) await act(4n * WETH, equity);
      expect(await costPpm(), "and comes to nothing when nothing is lost").to.equal(0n);
    });

    it("counts no measurement above 1 %, and never is more", async () => {
      await report(quoteUnits(world, "100000"));
      let equity = quoteUnits(world, "95000");
      await act(4n * WETH, equity); // half of what was traded
      expect(await costPpm()).to.equal(1_250n);
      let expected = 1_250n;
      for (let i = 0; i < 70; i++) {
        equity -= quoteUnits(world, "150");
        await act(4n * WETH, equity);
        expected = smoothed(expected, 15_000n);
        expect(await costPpm()).to.equal(expected);
      }
      expect(expected).to.be.within(9_990n, MAX_COST_PPM);
    });

    it("counts no trade of a thousandth of NAV or less", async () => {
      await report(quoteUnits(world, "100000"));
      // NAV is 1,100,000.
      await act((44n * WETH) / 100n, quoteUnits(world, "99990"));
      expect(await costPpm()).to.equal(0n);
      await report(quoteUnits(world, "100000"));
      await act((44n * WETH) / 100n + 10n ** 12n, quoteUnits(world, "99990"));
      expect(await costPpm(), "a shade more counts (control)").to.be.greaterThan(1_000n);
    });

    it("is what genuine hedging costs: the pool's fee and what the own trade moves", async () => {
      const genuine = await createVaultWorld(twin);
      await genuine.deposit(genuine.alice, "1000000");
      let expected = 0n;
      const policy = policyContract(genuine.addresses.policy, genuine.admin).interface as unknown as Interface;
      const costs: bigint[] = [];
      for (const price of [2_500, 2_430, 2_530, 2_450]) {
        await genuine.actors.step({ price, seconds: 900, push: true });
        const { receipt } = await genuine.tick({ bandSafety: 0.01 });
        const [rebalanced] = eventsOf(receipt ?? null, "Rebalanced") as readonly bigint[][];
        const [turnover] = eventsOf(receipt ?? null, "TurnoverCharged", policy)[0] as bigint[];
        const [before, afterwards] = [rebalanced?.[5] ?? 0n, rebalanced?.[6] ?? 0n];
        const loss = before > afterwards ? before - afterwards : 0n;
        costs.push((loss * PPM) / (turnover ?? 0n));
        expected = smoothed(expected, costs.at(-1) ?? 0n);
        expect(await costPpm(genuine), `after ${price}`).to.equal(expected);
      }
      expect(
        costs.slice(1).every((cost) => cost > 100n && cost < 1_000n),
        costs.join(),
      ).to.equal(true);
    });
  });

  describe("paid", () => {
    /** What a deposit pays, in millionths, by the vault's own words: the measured cost on the hedged part. */
    const entryPpm = (cost: bigint, hedgedBase: bigint, priceWad: bigint, nav: bigint): bigint =>
      ceilDiv(cost * min(valueOfBase(world, hedgedBase, priceWad), nav), nav);
    interface BookResult {
      readonly priceWad: bigint;
      readonly navQuote: bigint;
      readonly navMaxQuote: bigint;
    }

    for (const [words, hedged] of [
      ["a quarter hedged", 100n * WETH],
      ["four fifths hedged", 320n * WETH],
      ["hedged for more than there is", 900n * WETH],
    ] as const) {
      it(`exactly, by deposit and by mint, and stays with the others: ${words}`, async () => {
        const cost = await measureUpTo(3_000n);
        await report(0n, -hedged);
        const caller = await multicallSigner(world);
        await fundAndApprove(world, caller, world.market.quote, quoteUnits(world, "10000000"), world.addresses.vault);
        const bob = await world.bob.getAddress();
        for (const assets of [999n, quoteUnits(world, "1000"), quoteUnits(world, "1234567.654321")]) {
          const results = (await atOnce(world, [
            ["book"],
            ["totalSupply"],
            ["previewDeposit", assets],
            ["deposit", assets, bob],
            ["totalAssets"],
            ["totalSupply"],
          ])) as unknown as [[BookResult], [bigint], [bigint], [bigint], [bigint], [bigint]];
          const [[book], [supply], [preview], [shares], [navAfter], [supplyAfter]] = results;
          const ppm = entryPpm(cost, hedged, book.priceWad, book.navQuote);
          expect(ppm, "something is to be paid (control)").to.be.within(1n, MAX_COST_PPM);
          const paid = ceilDiv(assets * ppm, PPM);
          const expected = ((assets - paid) * (supply + VIRTUAL_SHARES)) / (book.navMaxQuote + 1n);
          expect(shares, `${assets} units`).to.equal(expected);
          expect(preview).to.equal(expected);
          expect([navAfter, supplyAfter]).to.deep.equal([book.navQuote + assets, supply + shares]);
          // What those hold who were there before: their part of the cost, and of the band's premium, came to it.
          const theirs = (navAfter * supply) / supplyAfter;
          expect(theirs).to.be.greaterThan(book.navQuote + (paid * supply) / supplyAfter - 2n);

          const minted = (await atOnce(world, [
            ["previewMint", shares],
            ["mint", shares, bob],
          ])) as unknown as [[bigint], [bigint]];
          const net = ceilDiv(shares * (book.navMaxQuote + 1n), supply + VIRTUAL_SHARES);
          expect(minted[1][0]).to.equal(ceilDiv(net * PPM, PPM - ppm));
          expect(minted[0][0]).to.equal(minted[1][0]);
          expect(minted[1][0], "the same shares cost no more this way").to.be.within(assets - 2n, assets);
        }
      });
    }

    it("raises the value a share by the whole of it where the band is no part of the price", async () => {
      const genuine = await createVaultWorld(twin);
      await genuine.deposit(genuine.alice, "1000000");
      for (const price of [2_500, 2_430, 2_530, 2_450]) {
        await genuine.actors.step({ price, seconds: 900, push: true });
        await genuine.tick({ bandSafety: 0.01 });
      }
      const cost = await costPpm(genuine);
      const assets = quoteUnits(genuine, "1000000");
      const caller = await multicallSigner(genuine);
      await fundAndApprove(genuine, caller, genuine.market.quote, assets, genuine.addresses.vault);
      const [[book], [supply], , [navAfter], [supplyAfter]] = (await atOnce(genuine, [
        ["book"],
        ["totalSupply"],
        ["deposit", assets, await genuine.bob.getAddress()],
        ["totalAssets"],
        ["totalSupply"],
      ])) as unknown as [[BookResult & { hedgeDeltaBase: bigint }], [bigint], [bigint], [bigint], [bigint]];
      const paid = ceilDiv(assets * entryPpm(cost, -book.hedgeDeltaBase, book.priceWad, book.navQuote), PPM);
      expect(paid).to.be.greaterThan(quoteUnits(genuine, "10"));
      const premium = ((assets - paid) * (book.navMaxQuote - book.navQuote)) / book.navMaxQuote;
      const gained = (navAfter * supply) / supplyAfter - book.navQuote;
      // Of cost and premium, the part of those who were there; the rest returns to the newcomer, a holder by now.
      expect(abs(gained - ((paid + premium) * supply) / supplyAfter)).to.be.lessThan(3n);
    });

    it("by nobody without a hedge, or with one that is long, whatever was measured", async () => {
      const cost = await measureUpTo(3_000n);
      expect(cost).to.be.greaterThan(0n);
      const assets = quoteUnits(world, "1000");
      for (const delta of [0n, 50n * WETH]) {
        await report(0n, delta);
        const [[book], [supply], [shares]] = (await atOnce(world, [
          ["book"],
          ["totalSupply"],
          ["previewDeposit", assets],
        ])) as unknown as [[BookResult], [bigint], [bigint]];
        expect(shares, `delta ${delta}`).to.equal((assets * (supply + VIRTUAL_SHARES)) / (book.navMaxQuote + 1n));
      }
      await report(0n, -100n * WETH);
      const [[book], [supply], [shares]] = (await atOnce(world, [
        ["book"],
        ["totalSupply"],
        ["previewDeposit", assets],
      ])) as unknown as [[BookResult], [bigint], [bigint]];
      expect(shares, "control").to.be.lessThan((assets * (supply + VIRTUAL_SHARES)) / (book.navMaxQuote + 1n));
    });

    it("leaves maxMint within maxDeposit", async () => {
      await measureUpTo(3_000n);
      await report(0n, -100n * WETH);
      const [[assets], [shares]] = (await atOnce(world, [
        ["maxDeposit", await world.bob.getAddress()],
        ["maxMint", await world.bob.getAddress()],
      ])) as unknown as [[bigint], [bigint]];
      const [[cost]] = (await atOnce(world, [["previewMint", shares]])) as unknown as [[bigint]];
      expect(cost).to.be.within(assets - 2n, assets);
    });
  });
});

const ROUTER = new Interface([
  "function exactInputSingle((address tokenIn, address tokenOut, uint24 fee, address recipient, uint256 amountIn, uint256 amountOutMinimum, uint160 sqrtPriceLimitX96) params) payable returns (uint256 amountOut)",
  "function multicall(bytes[] data) payable returns (bytes[] results)",
]);

describe("V08: just-in-time capture of fees", () => {
  /** What rounding, a fee of the pool on crumbs and seconds of interest may come to: two cents on three million. */
  const DUST = 20_000n;
  let twin: Twin;
  let world: VaultWorld;
  let visitor: Signer;
  let second: Signer;

  useTwin(async (started) => {
    twin = started;
    world = await createVaultWorld(twin);
    [visitor, second] = (await twin.ethers.getSigners()).slice(5, 7) as unknown as [Signer, Signer];
    await world.deposit(world.alice, "1000000");
    await world.tick();
    await world.actors.step({ seconds: 900 });
    await world.deposit(world.bob, "1"); // fees up to here are counted, and vested an hour later
    await world.actors.step({ seconds: 2 * HOUR, push: true });
  });

  /** Shares for which a visitor with three times the vault pays about three times its NAV. */
  const threefold = async (): Promise<bigint> => 3n * (await world.vault.totalSupply());
  /** Gives the visitor what the shares cost, with room for what accrues until they are bought. */
  const prepare = async (who: Signer, shares: bigint): Promise<void> => {
    const assets = ((await world.vault.previewMint(shares)) * 101n) / 100n;
    await fundAndApprove(world, who, world.market.quote, assets, world.addresses.vault);
  };
  /** Uncollected fees of the vault, in quote. */
  const fees = async (): Promise<bigint> => {
    const { vault: v } = await world.snapshot();
    return v.liquidity.feesQuote + valueOfBase(world, v.liquidity.feesBase, v.oracle.priceWad);
  };
  /** A whale's purchase and sale of base for this much quote, ending at the price before. */
  const whaleSwap = async (volumeQuote: number): Promise<string> => {
    const { market } = world;
    const limit = await world.actors.readSqrtPriceX96();
    const swap = (tokenIn: string, tokenOut: string, amountIn: bigint, sqrtPriceLimitX96: bigint): string =>
      ROUTER.encodeFunctionData("exactInputSingle", [
        {
          tokenIn,
          tokenOut,
          fee: market.feePips,
          recipient: ACTORS.trader,
          amountIn,
          amountOutMinimum: 0n,
          sqrtPriceLimitX96,
        },
      ]);
    return ROUTER.encodeFunctionData("multicall", [
      [
        swap(market.quote, market.base, BigInt(volumeQuote) * 10n ** 6n, 0n),
        swap(market.base, market.quote, UNLIMITED, limit),
      ],
    ]);
  };
  const WHALE_QUOTE = 20_000_000;

  it("in one block earns nothing: before and behind a large trade, sandwiched", async () => {
    const shares = await threefold();
    await prepare(visitor, shares);
    const who = await visitor.getAddress();
    const start = await quoteOf(world, who);
    const price = await sharePrice(world);
    const data = await whaleSwap(WHALE_QUOTE);
    const vault = world.vault.connect(visitor);

    await twin.rpc.request("evm_setAutomine", [false]);
    const gas = (order: bigint): object => ({
      gasLimit: 3_000_000n,
      maxFeePerGas: 100n * 10n ** 9n,
      maxPriorityFeePerGas: (10n - order) * 10n ** 9n,
    });
    const bought = await vault.mint(shares, who, gas(0n));
    const traded = await twin.rpc.request<string>("eth_sendTransaction", [
      {
        from: ACTORS.trader,
        to: twin.addresses.swapRouter02,
        data,
        gas: "0x7a1200",
        maxFeePerGas: toQuantity(100n * 10n ** 9n),
        maxPriorityFeePerGas: toQuantity(9n * 10n ** 9n),
      },
    ]);
    const left = await vault.requestRedeem(shares, who, who, gas(2n));
    const claimed = await vault.redeem(shares, who, who, gas(3n));
    await twin.rpc.request("evm_mine", []);
    await twin.rpc.request("evm_setAutomine", [true]);
    const receipts = [await bought.wait(), await left.wait(), await claimed.wait()];
    const trade = await twin.rpc.receipt(traded);
    expect(new Set([...receipts.map((r) => r?.blockNumber), Number(trade.blockNumber)]).size, "one block").to.equal(1);
    expect(receipts.map((r) => r?.index)).to.deep.equal([0, 2, 3]);

    const [[, locked]] = [[0, (eventsOf(receipts[1] ?? null, "FeeLedgerChanged")[0]?.[0] ?? 0n) as bigint]];
    expect(locked, "the trade paid a fee to the vault (control)").to.be.greaterThan(quoteUnits(world, "100"));
    const profit = (await quoteOf(world, who)) - start;
    expect(profit).to.be.within(-quoteUnits(world, "50"), DUST);
    const gained = ((await sharePrice(world)) - price) * (await world.vault.totalSupply());
    expect(gained / 10n ** 24n, "all of it stays").to.be.greaterThan(locked - DUST);
  });

  for (const [words, wait, dust] of [
    ["over one block", 12, false],
    ["over five minutes", 300, false],
    ["over five minutes, with deposits of dust that count the fees again and again", 300, true],
  ] as const) {
    it(`${words} earns what vested meanwhile and no more`, async () => {
      const shares = await threefold();
      await prepare(visitor, shares);
      const who = await visitor.getAddress();
      await prepare(second, TOKEN);
      const start = await quoteOf(world, who);
      await (await world.vault.connect(visitor).mint(shares, who)).wait();
      const price = await sharePrice(world);
      const counted = await fees();
      await world.actors.trade(2 * WHALE_QUOTE);
      const paid = (await fees()) - counted;
      expect(paid, "control").to.be.greaterThan(quoteUnits(world, "200"));
      if (dust) {
        for (let i = 0; i < 10; i++) {
          await twin.advance(wait / 10 - 1);
          await (await world.vault.connect(second).deposit(1n, second)).wait();
        }
      } else await twin.advance(wait);
      await redeemNow(world, visitor, shares);
      const profit = (await quoteOf(world, who)) - start;
      // Three quarters of what vests of the fee in that time, at most.
      const vested = (paid * BigInt(wait + 20) * 3n) / BigInt(4 * HOUR);
      expect(profit).to.be.lessThan(vested + DUST);
      expect(profit, "and it costs next to nothing either").to.be.greaterThan(-quoteUnits(world, "50"));
      expect((await sharePrice(world)) + 1n >= price, "value a share of the others").to.equal(true);
    });
  }

  it("with two accounts, one of which has the fees collected by leaving with a crumb first", async () => {
    const shares = await threefold();
    for (const who of [visitor, second]) await prepare(who, shares);
    const start = (await quoteOf(world, visitor)) + (await quoteOf(world, second));
    await (await world.vault.connect(visitor).mint(shares, visitor)).wait();
    await (await world.vault.connect(second).mint(TOKEN, second)).wait();
    const price = await sharePrice(world);
    await world.actors.trade(2 * WHALE_QUOTE);
    await redeemNow(world, second, TOKEN / 2n);
    expect(await fees(), "collected (control)").to.be.lessThan(quoteUnits(world, "1"));
    await redeemNow(world, visitor, shares);
    await redeemNow(world, second, TOKEN / 2n);
    const profit = (await quoteOf(world, visitor)) + (await quoteOf(world, second)) - start;
    expect(profit).to.be.within(-quoteUnits(world, "50"), DUST);
    expect((await sharePrice(world)) + 1n >= price).to.equal(true);
  });

  it("with two accounts, one of which is paid by the other's deposit instead of settling", async () => {
    const shares = await threefold();
    for (const who of [visitor, second]) await prepare(who, shares);
    const start = (await quoteOf(world, visitor)) + (await quoteOf(world, second));
    await (await world.vault.connect(visitor).mint(shares, visitor)).wait();
    const price = await sharePrice(world);
    const { priceWad } = (await world.snapshot()).vault.oracle;
    await world.actors.trade(2 * WHALE_QUOTE);
    // The pool off the oracle for a moment: the request has to wait.
    await world.actors.moveTo(2_540);
    await requestRedeem(world, visitor, shares);
    await world.actors.moveTo(Number(priceWad / 10n ** 12n) / 1e6);
    expect(await world.vault.maxRedeem(visitor), "waits (control)").to.equal(0n);
    const waiting = await world.vault.pendingRedeemRequest(1n, visitor);
    await (await world.vault.connect(second).mint(waiting, second)).wait();
    expect(await world.vault.maxRedeem(visitor), "paid by the deposit (control)").to.be.greaterThan(0n);
    const left = await world.vault.pendingRedeemRequest(1n, visitor);
    if (left > 0n) await (await world.vault.settle(1n)).wait();
    await claimAll(world, visitor);
    await redeemNow(world, second, waiting);
    const profit = (await quoteOf(world, visitor)) + (await quoteOf(world, second)) - start;
    expect(profit).to.be.within(-quoteUnits(world, "500"), DUST);
    expect((await sharePrice(world)) + 1n >= price).to.equal(true);
  });

  it("with two accounts, one of which leaves in kind on an old request in between", async () => {
    const shares = await threefold();
    // Crumbs that wait: made while the feed stood still, and nobody settled them for a day.
    await prepare(second, 10n * TOKEN);
    await (await world.vault.connect(second).mint(10n * TOKEN, second)).wait();
    await twin.advance(4_000);
    for (let i = 0; i < 4; i++) await requestRedeem(world, second, TOKEN);
    await world.actors.step({ seconds: DAY, push: true });
    await fundAndApprove(world, second, world.market.base, WETH, world.addresses.vault);
    await prepare(visitor, shares);
    // All up to here is counted and vested: whatever is earned below is the trade's.
    await world.deposit(world.bob, "0.000001");
    await world.actors.step({ seconds: 2 * HOUR, push: true });
    await prepare(visitor, shares);

    const start = await quoteOf(world, visitor);
    await (await world.vault.connect(visitor).mint(shares, visitor)).wait();
    const counted = await fees();
    await world.actors.trade(2 * WHALE_QUOTE);
    const paid = (await fees()) - counted;
    const price = await sharePrice(world);
    await (await world.vault.connect(second).exitInKind(4n, second, WETH, 0n)).wait();
    const id = await requestRedeem(world, visitor, shares);
    if ((await world.vault.claimableRedeemRequest(id, visitor)) < shares) await (await world.vault.settle(10n)).wait();
    await claimAll(world, visitor);
    const profit = (await quoteOf(world, visitor)) - start;
    expect(paid, "control").to.be.greaterThan(quoteUnits(world, "200"));
    expect(profit, `of a fee of ${paid}`).to.be.within(-quoteUnits(world, "50"), DUST);
    expect((await sharePrice(world)) + 1n >= price).to.equal(true);
  });

  describe("who stays over an hour", () => {
    /** Buys in, lets a whale trade, and says what the vault's fee was. */
    const comeAndEarn = async (shares: bigint): Promise<bigint> => {
      await prepare(visitor, shares);
      await (await world.vault.connect(visitor).mint(shares, visitor)).wait();
      const counted = await fees();
      await world.actors.trade(2 * WHALE_QUOTE);
      return (await fees()) - counted;
    };
    /** What the visitor gets above what it would get had the pool paid nothing. */
    const earned = async (shares: bigint, between: () => Promise<void>): Promise<bigint> => {
      const round = await twin.snapshot();
      await prepare(visitor, shares);
      await (await world.vault.connect(visitor).mint(shares, visitor)).wait();
      await between();
      const without = await redeemNow(world, visitor, shares);
      await twin.revert(round);
      await comeAndEarn(shares);
      await between();
      const got = await redeemNow(world, visitor, shares);
      return got - without;
    };
    const fullShare = async (shares: bigint): Promise<bigint> => {
      const round = await twin.snapshot();
      const paid = await comeAndEarn(shares);
      await twin.revert(round);
      return (paid * shares) / ((await world.vault.totalSupply()) + shares);
    };

    it("gets the whole part of a fee that somebody's deposit counted at the beginning of it", async () => {
      const shares = await threefold();
      const share = await fullShare(shares);
      expect(share).to.be.greaterThan(quoteUnits(world, "150"));
      const got = await earned(shares, async () => {
        await world.deposit(world.bob, "0.000001");
        await world.actors.step({ seconds: HOUR, push: true });
      });
      expect(got).to.be.within(share - quoteUnits(world, "1"), share + quoteUnits(world, "1"));
    });

    it("gets half of it after half an hour", async () => {
      const shares = await threefold();
      const share = await fullShare(shares);
      const got = await earned(shares, async () => {
        await world.deposit(world.bob, "0.000001");
        await world.actors.step({ seconds: HOUR / 2, push: true });
      });
      expect(got).to.be.within((share * 49n) / 100n, (share * 51n) / 100n);
    });

    it("gets the whole part of it where nobody came in between, too", async () => {
      const shares = await threefold();
      const share = await fullShare(shares);
      const got = await earned(shares, async () => {
        await world.actors.step({ seconds: HOUR + 60, push: true });
      });
      expect(got).to.be.within(share - quoteUnits(world, "1"), share + quoteUnits(world, "1"));
    });

    it("gets the whole part of it where others come and go all the time, too", async () => {
      const shares = await threefold();
      const share = await fullShare(shares);
      const got = await earned(shares, async () => {
        for (let i = 0; i < 20; i++) {
          await world.deposit(world.bob, "0.000001");
          await world.actors.step({ seconds: HOUR / 20, push: true });
        }
      });
      expect(got).to.be.within(share - quoteUnits(world, "1"), share + quoteUnits(world, "1"));
    });
  });
});
