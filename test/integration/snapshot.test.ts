import { expect } from "chai";
import { id } from "ethers";
import { describe, it } from "mocha";

import type { Twin } from "../../localnet/twin.ts";
import {
  aaveHedgeContract,
  lensContract,
  liquidityContract,
  oracleContract,
  policyContract,
  vaultInterface,
} from "../../sdk/chain/contracts.ts";
import { describeRevert, parseRevert } from "../../sdk/chain/revert.ts";
import { ReadError, readHead, readSnapshot, readSnapshots, type RpcSender } from "../../sdk/chain/snapshot.ts";
import { createVaultWorld, hedgeOf, requestRedeem, type VaultWorld, useTwin } from "./world.ts";

describe("snapshots", () => {
  let twin: Twin;
  let world: VaultWorld;
  let provider: RpcSender;

  useTwin(async (started) => {
    twin = started;
    world = await createVaultWorld(twin);
    provider = twin.ethers.provider;
    await world.deposit(world.alice, "1000000");
    await world.tick();
    await world.actors.step({ price: 2_450, volumeQuote: 1e6, seconds: 900 });
  });

  it("say what the contracts say, of the same block", async () => {
    const s = await world.snapshot();
    const head = await readHead(provider);
    expect([s.blockNumber, s.blockHash, s.timestamp]).to.deep.equal([head.number, head.hash, head.timestamp]);
    expect(s.chainId).to.equal(31_337n);
    const { vault: v } = s;
    const [book, flags] = await world.vault.book();
    expect([v.book.navQuote, v.book.navMinQuote, v.book.navMaxQuote, v.book.deltaBase, v.book.healthWad]).to.deep.equal(
      [book.navQuote, book.navMinQuote, book.navMaxQuote, book.deltaBase, book.healthWad],
    );
    expect(v.oracle.flags).to.equal(flags);
    const reading = await oracleContract(world.addresses.oracle, world.admin).read(true);
    expect([v.oracle.priceWad, v.oracle.bandBps]).to.deep.equal([reading.priceWad, reading.bandBps]);
    expect([v.idleBase, v.idleQuote]).to.deep.equal([...(await world.vault.idle())]);
    const state = await liquidityContract(world.addresses.liquidity, world.admin).read(reading.priceWad, 0n);
    expect([v.liquidity.base, v.liquidity.quote, v.liquidity.feesBase, v.liquidity.feesQuote]).to.deep.equal([
      state.base,
      state.quote,
      state.feesBase,
      state.feesQuote,
    ]);
    expect(v.liquidity.feesQuote + v.liquidity.feesBase, "trades paid fees").to.be.greaterThan(0n);
    const hedge = await aaveHedgeContract(hedgeOf(world), world.admin).read(reading.priceWad);
    expect([v.hedges[0]?.deltaBase, v.hedges[0]?.equityMinQuote, v.hedges[0]?.healthWad]).to.deep.equal([
      hedge.deltaBase,
      hedge.equityMinQuote,
      hedge.healthWad,
    ]);
    const params = await policyContract(world.addresses.policy, world.admin).params();
    expect(Object.values(v.policy.params)).to.deep.equal([...params]);
    expect(v.pool.sqrtPriceX96).to.equal(await world.actors.readSqrtPriceX96());
    expect([v.base.symbol, v.quote.symbol, v.base.decimals, v.quote.decimals]).to.deep.equal(["WETH", "USDC", 18, 6]);
    expect([v.name, v.symbol, v.shareDecimals, v.epoch]).to.deep.equal(["Hedgerow test vault", "hrTEST", 12, 1n]);
  });

  it("show the queue and the claims", async () => {
    await requestRedeem(world, world.alice, 10n ** 15n);
    await twin.advance(4_000);
    await requestRedeem(world, world.alice, 10n ** 14n);
    const { queue } = (await world.snapshot()).vault;
    expect([queue.head, queue.tail, queue.pendingShares]).to.deep.equal([2n, 3n, 10n ** 14n]);
    expect(queue.reservedQuote).to.equal(await world.vault.reservedQuote());
    expect(queue.reservedQuote).to.be.greaterThan(0n);
  });

  it("stay pinned to the block they were asked for", async () => {
    const block = await readHead(provider);
    const then = await readSnapshot(provider, world.system.lens, world.addresses.vault, block);
    await world.actors.step({ price: 2_300, volumeQuote: 1e6, seconds: 900 });
    await world.deposit(world.bob, "1000");
    expect(await readSnapshot(provider, world.system.lens, world.addresses.vault, block)).to.deep.equal(then);
    const now = await world.snapshot();
    expect(now.blockNumber).to.be.greaterThan(then.blockNumber);
    expect(now.vault.oracle.priceWad).to.not.equal(then.vault.oracle.priceWad);
  });

  it("refuse a block that the node does not have", async () => {
    const block = { ...(await readHead(provider)), hash: `0x${"12".repeat(32)}` };
    let failed = false;
    try {
      await readSnapshot(provider, world.system.lens, world.addresses.vault, block);
    } catch {
      failed = true;
    }
    expect(failed, "an unknown hash is an error, never another block's state").to.equal(true);
  });

  it("read many vaults in one call; one that fails hides no other", async () => {
    const [broken, good] = await readSnapshots(provider, world.system.lens, [
      world.system.vaultImplementation,
      world.addresses.vault,
    ]);
    expect(broken?.ok).to.equal(false);
    if (broken?.ok === false) expect(broken.vault).to.equal(world.system.vaultImplementation);
    expect(good?.ok).to.equal(true);
    if (good?.ok === true) expect(good.snapshot.vault.book.navQuote).to.be.greaterThan(0n);
    expect(await readSnapshots(provider, world.system.lens, [])).to.deep.equal([]);
  });

  it("are an error, never zero, where there is no lens or no vault", async () => {
    const nobody = "0x00000000000000000000000000000000000000aa";
    for (const [lens, vault, words] of [
      [nobody, world.addresses.vault, /no contract at the lens address/],
      [world.system.lens, nobody, /cannot be read/],
    ] as const) {
      let failure: unknown;
      try {
        await readSnapshot(provider, lens, vault);
      } catch (error) {
        failure = error;
      }
      expect(failure).to.be.instanceOf(ReadError);
      expect((failure as ReadError).message).to.match(words);
    }
  });

  it("are an error when a node answers with nothing", async () => {
    const silent: RpcSender = { send: () => Promise.resolve(null) };
    let failure: unknown;
    try {
      await readHead(silent);
    } catch (error) {
      failure = error;
    }
    expect(failure).to.be.instanceOf(ReadError);
  });

  it("come from a lens that any caller may ask, at its block", async () => {
    const [blockNumber, timestamp, results] = await lensContract(world.system.lens, world.bob).read([
      world.addresses.vault,
    ]);
    const head = await readHead(provider);
    expect([blockNumber, timestamp]).to.deep.equal([BigInt(head.number), BigInt(head.timestamp)]);
    expect(results[0]?.ok).to.equal(true);
  });

  describe("reverts in words", () => {
    it("name error and values", () => {
      const data = vaultInterface.encodeErrorResult("HedgedVault_WrongEpoch", [3n, 4n]);
      expect(parseRevert(data)?.name).to.equal("HedgedVault_WrongEpoch");
      expect(describeRevert(data)).to.match(/^HedgedVault_WrongEpoch\(expected 3, actual 4\)$/);
    });

    it("know the errors of a venue that publishes them", () => {
      const data = id("DisabledMarket(address)").slice(0, 10) + "11".repeat(20).padStart(64, "0");
      expect(describeRevert(data)).to.match(/^DisabledMarket\(market 0x1{40}\)$/);
    });

    it("admit what they do not know", () => {
      expect(describeRevert("0x")).to.equal("no reason given");
      expect(describeRevert("0xdeadbeef")).to.equal("unknown error 0xdeadbeef");
      expect(parseRevert("0xdeadbeef")).to.equal(undefined);
    });

    it("admit it of data that is no selector, too", () => {
      expect(describeRevert("0xde")).to.equal("unknown error 0xde");
    });
  });
});
