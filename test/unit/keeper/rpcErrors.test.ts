import { expect } from "chai";
import { makeError } from "ethers";
import { after, before, describe, it } from "mocha";

import { classifyRpcMessage, readRpcFailure, type RpcErrorKind } from "../../../keeper/rpcErrors.ts";
import { connectUrl } from "../../../keeper/rpc.ts";
import { CHAIN_ID, rejection, serveRpc } from "./support.ts";

/** Texts as the clients send them. */
const MESSAGES: readonly (readonly [client: string, message: string, kind: RpcErrorKind])[] = [
  ["geth", "nonce too low", "nonce-too-low"],
  ["geth 1.14", "nonce too low: next nonce 5, tx nonce 4", "nonce-too-low"],
  ["geth", "already known", "already-known"],
  [
    "geth before 1.9",
    "known transaction: 0x7f657507aee0511e36d2d1972a6b22e917cc89f92b6c12c4dbd57eaabb236960",
    "already-known",
  ],
  ["geth", "replacement transaction underpriced", "replacement-underpriced"],
  [
    "geth 1.15",
    "replacement transaction underpriced: new tx gas fee cap 1000000000 <= 1100000000 queued",
    "replacement-underpriced",
  ],
  ["geth", "future transaction tries to replace pending", "replacement-underpriced"],
  ["geth", "transaction underpriced: tip needed 1000000, tip permitted 1", "fee-too-low"],
  [
    "geth",
    "max fee per gas less than block base fee: address 0x71562b71999873DB5b286dF957af199Ec94617F7, maxFeePerGas: 1, baseFee: 875000000",
    "fee-too-low",
  ],
  [
    "geth",
    "insufficient funds for gas * price + value: balance 0, tx cost 21000, overshot 21000",
    "insufficient-funds",
  ],
  ["geth", "insufficient funds for transfer", "insufficient-funds"],
  ["geth", "nonce too high", "nonce-too-high"],
  ["geth", "tx fee (1.10 ether) exceeds the configured cap (1.00 ether)", "fee-above-node-cap"],
  ["geth", "txpool is full", "pool-full"],
  ["geth", "in-flight transaction limit reached for delegated accounts", "pool-full"],
  ["geth", "execution reverted", "reverted"],
  ["geth", "execution reverted: SPL", "reverted"],
  ["geth", "gas required exceeds allowance (21000)", "reverted"],
  ["geth", "invalid opcode: INVALID", "reverted"],
  ["erigon", "nonce too low", "nonce-too-low"],
  ["erigon", "already known", "already-known"],
  ["erigon", "existing tx with same hash", "already-known"],
  ["erigon 3", "existing txn with same hash", "already-known"],
  ["erigon", "could not replace existing tx", "replacement-underpriced"],
  ["erigon behind a gateway", "INTERNAL_ERROR: could not replace existing tx", "replacement-underpriced"],
  ["erigon", "replacement transaction underpriced", "replacement-underpriced"],
  ["erigon", "underpriced", "fee-too-low"],
  ["erigon", "INTERNAL_ERROR: underpriced", "fee-too-low"],
  ["erigon", "fee too low", "fee-too-low"],
  ["erigon", "insufficient funds", "insufficient-funds"],
  ["erigon", "pending sub-pool is full", "pool-full"],
  ["erigon", "baseFee sub-pool is full", "pool-full"],
  ["nethermind", "OldNonce, Current nonce: 22, nonce of rejected tx: 17", "nonce-too-low"],
  ["nethermind", "OldNonce", "nonce-too-low"],
  ["nethermind", "AlreadyKnown", "already-known"],
  ["nethermind (gnosis)", "alreadyknown", "already-known"],
  ["nethermind", "ReplacementNotAllowed", "replacement-underpriced"],
  ["nethermind", "OwnNonceAlreadyUsed", "replacement-underpriced"],
  ["nethermind", "NonceGap, Future nonce. Expected nonce: 10", "nonce-too-high"],
  [
    "nethermind",
    "FeeTooLow, MaxFeePerGas too low. MaxFeePerGas: 50, BaseFee: 100, MaxPriorityFeePerGas:200, Block number: 5",
    "fee-too-low",
  ],
  ["nethermind", "FeeTooLow, EffectivePriorityFeePerGas too low 10 < 20, BaseFee: 30", "fee-too-low"],
  ["nethermind", "FeeTooLowToCompete", "fee-too-low"],
  [
    "nethermind",
    "InsufficientFunds, Account balance: 4740799397601480913, cumulative cost: 22019342038993800000",
    "insufficient-funds",
  ],
  ["nethermind", "VM execution error.", "reverted"],
  [
    "arbitrum",
    "nonce too low: address 0x336394A3219e71D9d9bd18201d34E95C1Bb7122C, tx: 8089 state: 8090",
    "nonce-too-low",
  ],
  [
    "arbitrum",
    "nonce too high: address 0x336394A3219e71D9d9bd18201d34E95C1Bb7122C, tx: 8089 state: 8088",
    "nonce-too-high",
  ],
  ["arbitrum", "transaction rejected: nonce too low", "nonce-too-low"],
  ["arbitrum classic", "invalid transaction nonce", "nonce-too-low"],
  ["arbitrum classic", "gas price too low", "fee-too-low"],
  ["arbitrum classic", "not enough funds for gas", "insufficient-funds"],
  [
    "arbitrum",
    "max fee per gas less than block base fee: address 0xb68D832c1241bc50db1CF09e96c0F4201D5539C9, maxFeePerGas: 100000000 baseFee: 100200000",
    "fee-too-low",
  ],
  [
    "arbitrum",
    "insufficient funds for gas * price + value: address 0xb68D832c1241bc50db1CF09e96c0F4201D5539C9 have 9934612900000000 want 9936662900000000",
    "insufficient-funds",
  ],
  ["arbitrum", "sequencer pending tx pool full, please try again", "pool-full"],
  ["arbitrum", "queue full", "pool-full"],
  ["besu", "Nonce too low", "nonce-too-low"],
  ["besu", "Known transaction", "already-known"],
  ["besu", "Replacement transaction underpriced", "replacement-underpriced"],
  ["besu", "Upfront cost exceeds account balance", "insufficient-funds"],
  ["besu", "Gas price below configured minimum gas price", "fee-too-low"],
  ["besu", "Transaction fee cap exceeded", "fee-above-node-cap"],
  ["hardhat", "Nonce too low. Expected nonce to be 1 but got 0.", "nonce-too-low"],
  [
    "hardhat",
    "Nonce too high. Expected nonce to be 1 but got 4. Note that transactions can't be queued when automining.",
    "nonce-too-high",
  ],
  ["hardhat", "Known transaction: 0x9e63085271890a141297039b3b711913699f1ee4db1acb667ad7ce304772036b", "already-known"],
  [
    "hardhat",
    "Replacement transaction underpriced. A gasPrice/maxFeePerGas of at least 1100000000 is necessary to replace the existing transaction with nonce 0.",
    "replacement-underpriced",
  ],
  [
    "hardhat",
    "Sender doesn't have enough funds to send tx. The max upfront cost is: 42000000000000 and the sender's balance is: 0.",
    "insufficient-funds",
  ],
  [
    "hardhat",
    "Transaction maxFeePerGas (1) is too low for the next block, which has a baseFeePerGas of 875000000",
    "fee-too-low",
  ],
  [
    "hardhat",
    "VM Exception while processing transaction: reverted with custom error 'HedgedVault_WrongEpoch(3, 4)'",
    "reverted",
  ],
  ["hardhat", "Transaction reverted without a reason", "reverted"],
  ["openethereum", "Transaction nonce is too low. Try incrementing the nonce.", "nonce-too-low"],
  ["openethereum", "Transaction with the same hash was already imported.", "already-known"],
  [
    "openethereum",
    "Transaction gas price 100wei is too low. There is another transaction with same nonce in the queue with gas price 150wei. Try increasing the gas price or incrementing the nonce.",
    "replacement-underpriced",
  ],
  ["network", "connect ECONNREFUSED 127.0.0.1:8545", "unreachable"],
  ["network", "request timeout", "unreachable"],
  ["network", "server response 502 Bad Gateway", "unreachable"],
  ["network", "server response 429 Too Many Requests", "unreachable"],
  ["anything else", "some text that nobody has seen before", "unknown"],
  ["anything else", "", "unknown"],
];

describe("rpcErrors", () => {
  describe("classifyRpcMessage", () => {
    for (const [client, message, kind] of MESSAGES) {
      it(`K04 ${client}: "${message.slice(0, 60)}" is ${kind}`, () => {
        expect(classifyRpcMessage(message)).to.equal(kind);
      });
    }
  });

  describe("readRpcFailure", () => {
    it("K04 finds the node's words inside what ethers makes of them", () => {
      const node = { code: -32_000, message: "nonce too low: next nonce 5, tx nonce 4" };
      const wrapped = makeError("could not coalesce error", "UNKNOWN_ERROR", { error: node });
      expect(readRpcFailure(wrapped)).to.deep.equal({ kind: "nonce-too-low", message: node.message, data: undefined });
    });

    it("K04 takes revert data for a revert, whatever the text says", () => {
      const error = { code: 3, message: "some new wording", data: "0x1234567800" };
      expect(readRpcFailure(error)).to.deep.include({ kind: "reverted", data: "0x1234567800" });
      expect(readRpcFailure({ ...error, data: "0x" })).to.deep.include({ kind: "unknown", data: "0x" });
    });

    it("K04 reads the data of older nethermind and parity nodes", () => {
      expect(readRpcFailure({ message: "VM execution error.", data: "Reverted 0x08c379a0" })).to.deep.include({
        kind: "reverted",
        data: "0x08c379a0",
      });
    });

    it("K04 reads data that a provider nests", () => {
      const error = {
        message: "Internal error",
        data: { message: "reverted with an unrecognized custom error", data: "0xdeadbeef" },
      };
      expect(readRpcFailure(error)).to.deep.include({ kind: "reverted", data: "0xdeadbeef" });
    });

    it("K04 survives errors that are not errors, and ones that hold themselves", () => {
      expect(readRpcFailure("gone").kind).to.equal("unknown");
      expect(readRpcFailure(undefined).kind).to.equal("unknown");
      const loop: Record<string, unknown> = { message: "already known" };
      loop["cause"] = loop;
      expect(readRpcFailure(loop).kind).to.equal("already-known");
    });
  });

  describe("through the client library over HTTP", () => {
    let server: { readonly url: string; close(): Promise<void> };
    let message = "";
    before(async () => {
      server = await serveRpc(() => Promise.reject(Object.assign(new Error(message), { code: -32_000 })));
    });
    after(async () => {
      await server.close();
    });

    for (const [client, text, kind] of MESSAGES) {
      it(`K04 ${client}: "${text.slice(0, 60)}" arrives as ${kind}`, async () => {
        message = text;
        const provider = connectUrl(server.url, CHAIN_ID, 2_000);
        const error = await rejection(provider.send("eth_sendRawTransaction", ["0x00"]));
        expect(readRpcFailure(error).kind).to.equal(kind);
        provider.destroy();
      });
    }
  });
});
