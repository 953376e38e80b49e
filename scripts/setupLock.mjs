// One process at a time installs or compiles. The lock is a directory, which only one process can create; a file in it
// names the owner, and its time is the owner's sign of life.

import { existsSync, mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";

import { ROOT, SetupError, readJson, say } from "./processes.mjs";

const HOME = path.join(ROOT, ".node");
const LOCK = path.join(HOME, "lock");
const HEARTBEAT_MS = 2_000;
/** A lock whose owner gave no sign of life for this long belongs to a process that was killed. */
const ABANDONED_AFTER_MS = 60_000;
const POLL_MS = 200;

/** Does the work as the only process that does; the others wait, and should look again whether anything is left. */
export async function withLock(work) {
  let announced = false;
  while (!tryLock()) {
    if (!announced) say("another Hedgerow process is installing or compiling; waiting for it…");
    announced = true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const heartbeat = setInterval(() => {
    try {
      const now = new Date();
      utimesSync(LOCK, now, now);
    } catch {
      // The lock was taken for abandoned; the owner's file below keeps us from removing someone else's.
    }
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if (readOwner()?.pid === process.pid) rmSync(LOCK, { recursive: true, force: true });
  }
}

function readOwner() {
  return readJson(path.join(LOCK, "owner.json"));
}

/** Names the process that works for us: if we are killed, the lock holds until it has ended too. */
export function noteWorker(workerPid) {
  const owner = { host: hostname(), pid: process.pid, workerPid };
  if (existsSync(LOCK)) writeFileSync(path.join(LOCK, "owner.json"), JSON.stringify(owner));
}

function tryLock() {
  try {
    if (existsSync(HOME) && !statSync(HOME).isDirectory()) rmSync(HOME);
    mkdirSync(HOME, { recursive: true });
    mkdirSync(LOCK);
    noteWorker(undefined);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw new SetupError(`cannot write to ${HOME} (${error.code}); check who owns it.`);
  }
  if (isAbandoned()) {
    // Renaming first lets only one of several waiting processes remove it.
    const grave = `${LOCK}.${process.pid}`;
    try {
      renameSync(LOCK, grave);
      rmSync(grave, { recursive: true, force: true });
    } catch {
      // Another process was faster.
    }
  }
  return false;
}

function isAbandoned() {
  const lastSign = statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs;
  if (lastSign === undefined) return false;
  const silentMs = Date.now() - lastSign;
  if (silentMs > ABANDONED_AFTER_MS) return true;
  const owner = readOwner();
  if (owner === undefined) return silentMs > 2 * HEARTBEAT_MS;
  return owner.host === hostname() && !isAlive(owner.pid) && !isAlive(owner.workerPid);
}

function isAlive(pid) {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
