/**
 * Which vaults are being worked on: a vault is never worked on twice at once (a tick may be slower than a block, and a
 * caller may tick by hand beside the loop).
 */
export interface Flights {
  /** Takes the vault; false when somebody has it. */
  take(vault: string): boolean;
  release(vault: string): void;
}

export function createFlights(): Flights {
  const taken = new Set<string>();
  return {
    take: (vault) => {
      const key = vault.toLowerCase();
      if (taken.has(key)) return false;
      taken.add(key);
      return true;
    },
    release: (vault) => {
      taken.delete(vault.toLowerCase());
    },
  };
}
