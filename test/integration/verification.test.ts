import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { keccak256 } from "ethers";

import { toSystemAddresses } from "../../cli/deploy/deployed.ts";
import { createBlockscout, createEtherscan, createSourcify } from "../../cli/deploy/explorers.ts";
import { runModule } from "../../cli/deploy/runModule.ts";
import type { StandardInput } from "../../cli/deploy/standardInput.ts";
import {
  buildVerificationRequests,
  writeVerificationRequests,
  type VerificationRequest,
} from "../../cli/deploy/verification.ts";
import type { Twin } from "../../localnet/twin.ts";
import { buildSystemModule } from "../../scripts/modules/system.ts";
import type { SystemAddresses } from "../../sdk/chain/deployment.ts";
import { peopleOf, useTwin } from "./world.ts";

interface Compiled {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts: Record<string, Record<string, { evm: { bytecode: { object: string } } }>>;
}

const solc = createRequire(import.meta.url)("solc") as { compile(input: string): string };

/** Creation code that a compiler makes of a request, with its constructor arguments. */
function compile({ standardInput, contract, constructorArguments }: VerificationRequest): string {
  const [source = "", name = ""] = contract.split(":");
  const outputSelection = { [source]: { [name]: ["evm.bytecode.object"] } };
  const input: StandardInput = { ...standardInput, settings: { ...standardInput.settings, outputSelection } };
  const { contracts, errors = [] } = JSON.parse(solc.compile(JSON.stringify(input))) as Compiled;
  const failed = errors.find(({ severity }) => severity === "error");
  if (failed !== undefined) throw new Error(failed.formattedMessage);
  return `0x${contracts[source]?.[name]?.evm.bytecode.object ?? ""}${constructorArguments}`;
}

describe("verification of what was deployed", function () {
  this.timeout(180_000);
  let twin: Twin;
  let directory: string;
  let system: SystemAddresses;
  let requests: readonly VerificationRequest[];

  useTwin(async (fresh) => {
    twin = fresh;
    const { bob } = await peopleOf(twin);
    const from = await bob.getAddress();
    directory = mkdtempSync(path.join(tmpdir(), "hedgerow-verify-"));
    const contracts = await runModule({
      module: buildSystemModule(twin.addresses, { admin: from, adminDelaySeconds: 0 }, from),
      provider: twin.provider,
      from,
      directory: path.join(directory, "ignition"),
      confirmations: 1,
      signal: new AbortController().signal,
      pollMs: 10,
    });
    system = toSystemAddresses(contracts);
    requests = await buildVerificationRequests(directory);
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  const find = (address: string): VerificationRequest => {
    const found = requests.find((request) => request.address.toLowerCase() === address.toLowerCase());
    if (found === undefined) throw new Error(`no request for ${address}`);
    return found;
  };

  it("covers every contract and library, with the transaction that created it", async () => {
    expect(requests.map(({ contract }) => contract.split(":")[1])).to.have.members([
      ...["AccessManager", "AdapterRegistry", "HedgedVault", "RiskPolicy", "VaultFactory", "VaultLens"],
      ...["UniswapV3Liquidity", "AaveV3Hedge"],
      ...["AdapterChanges", "Operations", "Unwinder", "Valuation", "VaultFees"],
    ]);
    for (const { creationTransaction = "", address } of requests) {
      const receipt = await twin.rpc.receipt(creationTransaction);
      expect(receipt.contractAddress?.toLowerCase()).to.equal(address.toLowerCase());
    }
  });

  for (const name of ["registry", "aaveV3Implementation"] as const) {
    it(`compiles the ${name} from its request to the bytes that were sent`, async () => {
      const request = find(system[name]);
      const sent = await twin.rpc.request<{ input: string }>("eth_getTransactionByHash", [request.creationTransaction]);
      expect(keccak256(compile(request))).to.equal(keccak256(sent.input));
    });
  }

  it("sends no test and no neighbour along", () => {
    for (const { standardInput, contract } of requests) {
      const [source = ""] = contract.split(":");
      const names = Object.keys(standardInput.sources);
      expect(names).to.include(source);
      expect(names.filter((name) => /test|localnet/.test(name))).to.deep.equal([]);
    }
    expect(Object.keys(find(system.registry).standardInput.sources).length).to.be.below(25);
  });

  it("names the libraries of the vault by file and address", () => {
    const libraries = find(system.vaultImplementation).standardInput.settings["libraries"] as Record<string, object>;
    const named = Object.values(libraries).flatMap((entry) => Object.entries(entry));
    expect(named.map(([name]) => name)).to.have.members([
      "AdapterChanges",
      "Operations",
      "Unwinder",
      "Valuation",
      "VaultFees",
    ]);
    for (const [name, address] of named) expect(find(String(address)).contract).to.match(new RegExp(`:${name}$`));
  });

  it("writes two files a contract: the request, and the compiler's input", () => {
    const target = writeVerificationRequests(directory, requests);
    expect(readdirSync(target).length).to.equal(2 * requests.length);
    expect(readdirSync(target).some((name) => /^HedgedVault-[0-9A-Fa-f]{8}\.input\.json$/.test(name))).to.equal(true);
  });

  describe("sent to a server", () => {
    /** Answers each request with the next of `answers`, and remembers what it was sent. */
    async function withServer(
      answers: readonly object[],
      use: (url: string, seen: readonly { url: string; body: string }[]) => Promise<void>,
    ): Promise<void> {
      const seen: { url: string; body: string }[] = [];
      const server = createServer((request, response) => {
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
          seen.push({ url: request.url ?? "", body: Buffer.concat(chunks).toString() });
          response.end(JSON.stringify(answers[Math.min(seen.length, answers.length) - 1]));
        });
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      try {
        await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen);
      } finally {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    }
    const { signal } = new AbortController();
    const refusal = (promise: Promise<void>): Promise<string> =>
      promise.then(
        () => "verified",
        (error: unknown) => (error as Error).message,
      );

    it("Sourcify gets input, compiler and transaction, and is asked until it is done", async () => {
      const answers = [
        { verificationId: "7" },
        { isJobCompleted: false },
        { isJobCompleted: true, contract: { match: "exact_match" } },
      ];
      await withServer(answers, async (url, seen) => {
        const request = find(system.registry);
        await createSourcify(url, 1).verify(request, 11_155_111, signal);
        expect(seen.map((call) => call.url)).to.deep.equal([
          `/v2/verify/11155111/${request.address}`,
          "/v2/verify/7",
          "/v2/verify/7",
        ]);
        const body = JSON.parse(seen[0]?.body ?? "") as Record<string, unknown>;
        expect(body["compilerVersion"]).to.match(/^0\.8\.37\+commit\.[0-9a-f]{8}$/);
        expect(body["contractIdentifier"]).to.equal("project/contracts/AdapterRegistry.sol:AdapterRegistry");
        expect(body["creationTransactionHash"]).to.equal(request.creationTransaction);
      });
    });

    it("Etherscan gets the arguments under its own spelling", async () => {
      await withServer(
        [
          { status: "1", result: "guid" },
          { status: "1", result: "Pass - Verified" },
        ],
        async (url, seen) => {
          await createEtherscan("KEY", url, 1).verify(find(system.factory), 1, signal);
          const form = new URLSearchParams(seen[0]?.body);
          expect(form.get("constructorArguements"))
            .to.have.lengthOf(128)
            .and.include(system.vaultImplementation.slice(2).toLowerCase());
          expect(form.get("codeformat")).to.equal("solidity-standard-json-input");
          expect(seen[0]?.url).to.include("chainid=1").and.include("action=verifysourcecode");
        },
      );
    });

    it("Blockscout gets them under the usual one, without a key, and is asked until it is done", async () => {
      const answers = [
        { status: "1", message: "OK", result: "guid" },
        { status: "1", message: "OK", result: "Pending in queue" },
        { status: "1", message: "OK", result: "Pass - Verified" },
      ];
      await withServer(answers, async (url, seen) => {
        await createBlockscout(`${url}/api`, 1).verify(find(system.factory), 8_453, signal);
        expect(new URLSearchParams(seen[0]?.body).get("constructorArguments")).to.have.lengthOf(128);
        expect(seen.map((call) => call.url)).to.deep.equal([
          "/api?module=contract&action=verifysourcecode",
          "/api?module=contract&action=checkverifystatus&guid=guid",
          "/api?module=contract&action=checkverifystatus&guid=guid",
        ]);
      });
      for (const [answer, expected] of [
        ["Smart-contract already verified.", "verified"],
        ["The address is not a smart contract", "VaultFactory at"],
      ] as const) {
        await withServer([{ status: "0", result: answer }], async (url) => {
          const said = await refusal(createBlockscout(url, 1).verify(find(system.factory), 8_453, signal));
          expect(said).to.include(expected);
        });
      }
    });

    it("a refusal is told in the server's words, a dead server in one sentence", async () => {
      const request = find(system.lens);
      await withServer(
        [{ verificationId: "7" }, { isJobCompleted: true, error: { message: "bytecodes differ" } }],
        async (url) => {
          expect(await refusal(createSourcify(url, 1).verify(request, 1, signal)))
            .to.include("VaultLens")
            .and.include("bytecodes differ");
        },
      );
      await withServer([{ status: "0", result: "Invalid API Key" }], async (url) => {
        expect(await refusal(createEtherscan("KEY", url, 1).verify(request, 1, signal))).to.include("Invalid API Key");
      });
      expect(await refusal(createSourcify("http://127.0.0.1:1", 1).verify(request, 1, signal))).to.include(
        "does not answer",
      );
    });
  });
});
