/** A result code that is not SQLite's (those are below 102): a layout that only a newer version knows. */
export const newerLayout = 251;
