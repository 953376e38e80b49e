import { setTimeout as delay } from "node:timers/promises";

import { FetchRequest } from "ethers";

import { throwIfAborted, UsageError } from "../errors.ts";
import type { VerificationRequest } from "./verification.ts";

/** A server that compares source with deployed code. */
export interface Explorer {
  /** True once the source is shown, or was already. Throws {@link UsageError} with the server's own reason. */
  verify(request: VerificationRequest, chainId: number, signal: AbortSignal): Promise<void>;
}

const TIMEOUT_MS = 60_000;
const POLL_MS = 2_000;
const MAX_POLLS = 60;

/** Sourcify, by version 2 of its API. It asks for no key. */
export function createSourcify(url = "https://sourcify.dev/server", pollMs = POLL_MS): Explorer {
  return {
    verify: async (request, chainId, signal) => {
      const started = await ask(`${url}/v2/verify/${chainId}/${request.address}`, {
        stdJsonInput: request.standardInput,
        compilerVersion: request.compilerVersion.replace(/^v/, ""),
        contractIdentifier: request.contract,
        ...(request.creationTransaction === undefined ? {} : { creationTransactionHash: request.creationTransaction }),
      });
      if (started["customCode"] === "already_verified") return;
      const id = started["verificationId"];
      if (typeof id !== "string") throw refused(request, started["message"]);
      for (let polls = 0; polls < MAX_POLLS; polls++) {
        throwIfAborted(signal);
        const job = await ask(`${url}/v2/verify/${id}`);
        if (job["isJobCompleted"] === true) {
          const error = job["error"] as { readonly message?: unknown; readonly customCode?: unknown } | undefined;
          if (error === undefined || error.customCode === "already_verified") return;
          throw refused(request, error.message);
        }
        await delay(pollMs);
      }
      throw refused(request, "it did not finish in time");
    },
  };
}

/** Etherscan and the explorers of other chains that it runs, by version 2 of its API. */
export function createEtherscan(apiKey: string, url = "https://api.etherscan.io/v2/api", pollMs = POLL_MS): Explorer {
  return {
    verify: (request, chainId, signal) =>
      verifyByForm(request, signal, {
        urlOf: (action) =>
          `${url}?chainid=${chainId}&module=contract&action=${action}&apikey=${encodeURIComponent(apiKey)}`,
        argumentsField: "constructorArguements", // Etherscan's own spelling
        pollMs,
      }),
  };
}

/** The Blockscout of a chain, by the API that it has in common with Etherscan. It asks for no key. */
export function createBlockscout(url: string, pollMs = POLL_MS): Explorer {
  return {
    verify: (request, _chainId, signal) =>
      verifyByForm(request, signal, {
        urlOf: (action) => `${url}?module=contract&action=${action}`,
        argumentsField: "constructorArguments",
        pollMs,
      }),
  };
}

interface FormApi {
  readonly urlOf: (action: string) => string;
  readonly argumentsField: string;
  readonly pollMs: number;
}

/** Sends a form and asks what became of it, as Etherscan wants it done and others since. */
async function verifyByForm(request: VerificationRequest, signal: AbortSignal, api: FormApi): Promise<void> {
  const form = new URLSearchParams({
    contractaddress: request.address,
    sourceCode: JSON.stringify(request.standardInput),
    codeformat: "solidity-standard-json-input",
    contractname: request.contract,
    compilerversion: request.compilerVersion,
    [api.argumentsField]: request.constructorArguments,
  });
  const started = await ask(api.urlOf("verifysourcecode"), form);
  const guid = String(started["result"]);
  if (/already verified/i.test(guid)) return;
  if (started["status"] !== "1") throw refused(request, guid);
  for (let polls = 0; polls < MAX_POLLS; polls++) {
    throwIfAborted(signal);
    await delay(api.pollMs);
    const job = await ask(`${api.urlOf("checkverifystatus")}&guid=${encodeURIComponent(guid)}`);
    const result = String(job["result"]);
    if (/^pass|already verified/i.test(result)) return;
    if (!/pending/i.test(result)) throw refused(request, result);
  }
  throw refused(request, "it did not finish in time");
}

function refused({ contract, address }: VerificationRequest, reason: unknown): UsageError {
  const text = typeof reason === "string" && reason !== "" ? reason : "no reason given";
  return new UsageError(`${contract.split(":").at(-1) ?? contract} at ${address} was not verified: ${text}.`);
}

async function ask(url: string, body?: object): Promise<Record<string, unknown>> {
  const request = new FetchRequest(url);
  request.timeout = TIMEOUT_MS;
  if (body instanceof URLSearchParams) {
    request.setHeader("content-type", "application/x-www-form-urlencoded");
    request.body = body.toString();
  } else if (body !== undefined) {
    request.body = body;
  }
  const place = new URL(url).host;
  let response: Awaited<ReturnType<typeof request.send>>;
  try {
    response = await request.send();
  } catch (error) {
    const code = (error as { readonly code?: string }).code ?? "no answer";
    throw new UsageError(`${place} does not answer (${code}). Check the network and try again; nothing is lost.`);
  }
  try {
    return response.bodyJson as Record<string, unknown>;
  } catch {
    throw new UsageError(`${place} answered with status ${response.statusCode} and no JSON. Try again later.`);
  }
}
