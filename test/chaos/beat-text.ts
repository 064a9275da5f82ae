/** What a task of the job type `beat` (test/support/job-types) writes, and how its file is called. */
export const beatText = (key: string, index: number): string => `${key} ${index}\n`;
export const beatFile = (index: number): string => `beat-${index}.txt`;
