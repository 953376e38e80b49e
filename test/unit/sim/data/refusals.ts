import { DataFileError } from "../../../../sdk/sim/data/fileError.ts";

/** The error that a reader refuses its input with. */
export function refusal(read: () => unknown): DataFileError {
  try {
    read();
  } catch (error) {
    if (error instanceof DataFileError) return error;
    throw error;
  }
  throw new Error("the data were accepted");
}

/** The same for a reader of files. */
export async function fileRefusal(read: () => Promise<unknown>): Promise<DataFileError> {
  try {
    await read();
  } catch (error) {
    if (error instanceof DataFileError) return error;
    throw error;
  }
  throw new Error("the data were accepted");
}
