/** Looks whether a database is whole, without changing it. For a process of its own: SQLite cannot be interrupted from here. */
import { DatabaseSync } from 'node:sqlite';

const mostFaults = 5;

/** What SQLite found wrong, a few lines at most; empty: nothing. */
export function quickCheck(file: string): readonly string[] {
  try {
    const database = new DatabaseSync(file, { readOnly: true, timeout: 200 });
    try {
      const rows = database.prepare(`PRAGMA quick_check(${mostFaults})`).all();
      return rows.map((row) => String(Object.values(row)[0])).filter((line) => line !== 'ok');
    } finally {
      database.close();
    }
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
