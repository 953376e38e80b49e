import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";

import { expect } from "chai";
import { getAddress, Interface, type ParamType, ZeroAddress } from "ethers";

import { accessInterface } from "../../../sdk/chain/access.ts";
import { artifacts, vaultInterface } from "../../../sdk/chain/contracts.ts";
import { listEventTables, LOG_COLUMNS } from "../../../sdk/chain/eventColumns.ts";
import { newReplay, replay } from "../../../sdk/chain/replay.ts";
import { readVaultLogs } from "../../../sdk/chain/replayLogs.ts";
import type { VaultLog } from "../../../sdk/chain/replayState.ts";
import { readTable } from "../../../sdk/sim/data/table.ts";
import { claimAll, requestRedeem } from "../../integration/world.ts";
import { EXIT, run } from "./host.ts";
import { json, refusal, serveVault, type ServedVault } from "./servedVault.ts";

interface Manifest {
  readonly fromBlock: number;
  readonly toBlock: { readonly number: number; readonly hash: string };
  readonly unknownLogs: number;
  readonly files: readonly {
    readonly file: string;
    readonly rows: number;
    readonly signature: string;
    readonly columns: readonly { readonly name: string; readonly unit: string }[];
  }[];
}

const ABIS: Readonly<Record<string, Interface>> = {
  vault: vaultInterface,
  policy: new Interface(artifacts.riskPolicy.abi),
  liquidity: new Interface(artifacts.uniswapV3Liquidity.abi),
  hedge: new Interface(artifacts.aaveV3Hedge.abi),
  volatility: new Interface(artifacts.realizedVolatility.abi),
  authority: accessInterface,
};

type Cells = Readonly<Record<string, string>>;

/** Rows of a file by column. */
async function rowsOf(file: string): Promise<readonly Cells[]> {
  const { header, rows } = await readTable(file);
  return rows.map(({ cells }) => Object.fromEntries(header.cells.map((name, i) => [name, cells[i] ?? ""])));
}

/** The argument of an event as its row has it: a struct's members are columns of their own. */
function argumentOf(row: Cells, { name, type, components }: ParamType): unknown {
  if (components !== null) return components.map((part) => argumentOf(row, part));
  const text = row[name] ?? "";
  if (type === "bool") return text === "true";
  return /^u?int/.test(type) ? BigInt(text) : text;
}

/** Logs rebuilt from the exported rows alone, in the order of the chain. */
async function logsOf(directory: string, emitters: readonly string[]): Promise<readonly VaultLog[]> {
  const manifest = JSON.parse(readFileSync(path.join(directory, "manifest.json"), "utf8")) as Manifest;
  const logs: VaultLog[] = [];
  for (const { file, signature } of manifest.files) {
    const emitter = file.split("_")[0] ?? "";
    if (!emitters.includes(emitter)) continue;
    const fragment = ABIS[emitter]!.getEvent(signature)!;
    for (const row of await rowsOf(path.join(directory, file))) {
      const values = fragment.inputs.map((input) => argumentOf(row, input));
      const { topics, data } = ABIS[emitter]!.encodeEventLog(fragment, values);
      logs.push({
        address: getAddress(row["address"]!),
        topics,
        data,
        blockNumber: Number(row["block_number"]),
        logIndex: Number(row["log_index"]),
        transactionHash: row["transaction_hash"]!,
        timestamp: Number(row["timestamp"]),
      });
    }
  }
  return logs.sort((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex);
}

describe("hedgerow export", function () {
  this.timeout(60_000);
  let served: ServedVault;

  before(async () => {
    served = await serveVault(0);
    const { world } = served;
    await world.deposit(world.alice, "200000");
    await world.tick();
    await world.actors.step({ price: 2_510, seconds: 3_600, volumeQuote: 1_000_000 });
    await requestRedeem(world, world.alice, (await world.vault.balanceOf(world.alice)) / 4n);
    await claimAll(world, world.alice);
    await world.tick();
    await (await world.vault.connect(world.guardian).pauseDeposits()).wait();
    await (await world.vault.connect(world.admin).proposeAdapterChange(world.addresses.hedges[0]!, ZeroAddress)).wait();
    await (await world.vault.connect(world.admin).setFees(await world.bob.getAddress(), 0, 1_500)).wait();
  });
  after(() => served.close());

  const place = (name: string): string => path.join(served.directory, name);
  const exported = async (name: string, ...args: readonly string[]): Promise<Manifest> =>
    (await json(served.hedgerow("export", "--out", place(name), "--json", ...args))) as unknown as Manifest;
  const refused = (name: string, ...args: readonly string[]): Promise<string> =>
    refusal(served.hedgerow("export", "--out", place(name), ...args));

  for (const format of ["csv", "parquet"] as const) {
    it(`writes every event as ${format}, from which the same vault can be rebuilt as from the chain`, async () => {
      const manifest = await exported(format, "--format", format);
      const { world } = served;
      const provider = world.twin.ethers.provider;
      expect(manifest.unknownLogs).to.equal(0);
      expect(manifest.toBlock.number).to.equal(await provider.getBlockNumber());
      expect(readdirSync(place(format)).sort()).to.deep.equal(
        [...manifest.files.map(({ file }) => file), "manifest.json"].sort(),
      );

      const logs = await readVaultLogs(provider, world.addresses, manifest.fromBlock, manifest.toBlock.number);
      const rebuilt = await logsOf(place(format), ["vault", "policy", "liquidity", "hedge"]);
      expect(rebuilt).to.deep.equal(logs);
      const start = newReplay(world.addresses);
      expect(replay(rebuilt, start)).to.deep.equal(replay(logs, start));
      expect(replay(rebuilt, start).requests).to.have.length(1);

      const roles = await logsOf(place(format), ["authority"]);
      const direct = await provider.getLogs({ address: world.addresses.authority, fromBlock: 0 });
      expect(roles.map(({ data, topics }) => [data, topics])).to.deep.equal(
        direct.map(({ data, topics }) => [data, [...topics]]),
      );

      const [deposit] = await rowsOf(place(`${format}/vault_Deposit.${format}`));
      expect(deposit).to.include({ assets: "200000000000", assets_whole: "200000", shares_whole: "200000" });
      const [rebalanced] = await rowsOf(place(`${format}/vault_Rebalanced.${format}`));
      expect(Number(rebalanced?.["priceWad_whole"])).to.equal(2_500);
      const [pause] = await rowsOf(place(`${format}/vault_DepositsPaused.${format}`));
      expect(pause?.["paused"]).to.equal("true");
    });
  }

  it("exports a part of the chain, knowing the adapters from before it", async () => {
    const all = await exported("all");
    const { blockNumber } = (await logsOf(place("all"), ["hedge"]))[0]!;
    const part = await exported("part", "--from-block", String(blockNumber), "--to-block", String(blockNumber));
    expect(part).to.include({ fromBlock: blockNumber });
    const emitters = ["vault", "policy", "liquidity", "hedge", "volatility", "authority"];
    const same = (await logsOf(place("all"), emitters)).filter((log) => log.blockNumber === blockNumber);
    expect(await logsOf(place("part"), emitters)).to.deep.equal(same);
    expect(same.length).to.be.greaterThan(5);
    expect(all.files.length).to.be.greaterThan(part.files.length);
  });

  it("replaces an older export, and leaves anything else alone", async () => {
    await exported("again");
    await exported("again", "--format", "parquet");
    expect(readdirSync(place("again")).filter((file) => file.endsWith(".csv"))).to.deep.equal([]);
    mkdirSync(place("mine"));
    writeFileSync(place("mine/thesis.tex"), "");
    expect(await refused("mine")).to.include("holds other files");
    writeFileSync(place("file"), "");
    expect(await refused("file")).to.include("not a directory");
    expect(await refused("file/deeper")).to.include("cannot be written");
  });

  it("does not export what may still be replaced, or nothing", async () => {
    const head = await served.world.twin.ethers.provider.getBlockNumber();
    expect(await refused("none", "--confirmations", "5", "--to-block", String(head))).to.include(
      "may still be replaced",
    );
    expect(await refused("none", "--confirmations", String(head))).to.include("nothing to export");
    expect(await refused("none", "--from-block", String(head + 1))).to.include("nothing to export");
    expect(existsSync(place("none"))).to.equal(false);
    const five = await exported("five", "--confirmations", "5");
    expect(five.toBlock.number).to.equal(head - 5);
  });

  /** A relay to the node that lets `answer` speak first; undefined passes the request on. */
  async function relay(
    answer: (method: string, params: readonly unknown[]) => object | "die" | undefined,
  ): Promise<{ readonly url: string; close(): void }> {
    const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString();
      const { id, method, params } = JSON.parse(body) as { id: number; method: string; params: unknown[] };
      const own = answer(method, params);
      if (own === "die") return void request.socket.destroy();
      if (own !== undefined) return void response.end(JSON.stringify({ jsonrpc: "2.0", id, ...own }));
      const passed = await fetch(served.rpcUrl, {
        method: "POST",
        body,
        headers: { "content-type": "application/json" },
      });
      response.setHeader("content-type", "application/json").end(await passed.text());
    };
    const server = createServer((request, response) => void handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return {
      url: `http://127.0.0.1:${port}`,
      close: () => (server.close(), server.closeAllConnections()),
    };
  }

  it("asks a node that is stingy with logs for fewer blocks, and gets the same", async () => {
    await exported("plain");
    let refusals = 0;
    const node = await relay((method, params) => {
      if (method !== "eth_getLogs") return undefined;
      const { fromBlock, toBlock } = params[0] as { fromBlock: string; toBlock: string };
      if (Number(toBlock) - Number(fromBlock) < 7) return undefined;
      refusals += 1;
      return { error: { code: -32_005, message: "query exceeds max block range 7" } };
    });
    try {
      await exported("stingy", "--rpc", node.url);
    } finally {
      node.close();
    }
    expect(refusals).to.be.greaterThan(0);
    for (const file of readdirSync(place("plain"))) {
      expect(readFileSync(place(`stingy/${file}`), "utf8"), file).to.equal(
        readFileSync(place(`plain/${file}`), "utf8"),
      );
    }
  });

  it("says in one line that a node died or its chain changed on the way, and leaves nothing behind", async () => {
    for (const survives of [3, 25, 70]) {
      let count = 0;
      const node = await relay(() => (++count > survives ? "die" : undefined));
      try {
        const said = await refused("dead", "--rpc", node.url);
        expect(said, `after ${survives}`).to.match(/cannot be read|Give --created-block|does not answer/);
      } finally {
        node.close();
      }
    }
    const hash = `0x${"77".repeat(32)}`;
    const head = await served.world.twin.ethers.provider.getBlockNumber();
    const node = await relay((method, params) => {
      const isLast = method === "eth_getBlockByNumber" && Number(params[0]) === head;
      return !isLast ? undefined : { result: { number: params[0], hash, timestamp: "0x1" } };
    });
    try {
      expect(await refused("dead", "--rpc", node.url)).to.include("was replaced while");
    } finally {
      node.close();
    }
    expect(readdirSync(served.directory).filter((name) => name.startsWith("dead"))).to.deep.equal([]);
  });

  it("knows a unit of every argument of every event, and a name for every file", () => {
    const tables = listEventTables();
    const names = tables.map(({ emitter, event }) => `${emitter}_${event}`);
    expect(new Set(names).size).to.equal(names.length);
    for (const [emitter, abi] of Object.entries(ABIS)) {
      abi.forEachEvent((fragment) => {
        const table = tables.find((one) => one.emitter === emitter && one.event === fragment.name);
        const flat = fragment.inputs.flatMap(({ name, components }) => components?.map((part) => part.name) ?? [name]);
        const exact = table?.columns.filter(({ wholeOf }) => wholeOf === undefined).map(({ name }) => name);
        expect(exact, fragment.name).to.deep.equal([...LOG_COLUMNS.map(({ name }) => name), ...flat]);
      });
    }
    const gmx = new Interface(artifacts.gmxV2Hedge.abi);
    gmx.forEachEvent(({ name }) => expect(names).to.include(`hedge_${name}`));
  });

  it("explains itself and refuses what it does not know", async () => {
    expect((await run(["export", "--help"])).stdout)
      .to.include("Example:")
      .and.include("--confirmations");
    expect((await run(["export"])).stderr).to.include("--out is missing");
    const { code, stderr } = await run(["export", "--out", "x", "--format", "xlsx"]);
    expect(code).to.equal(EXIT.failed);
    expect(stderr).to.include("csv, parquet");
  });
});
