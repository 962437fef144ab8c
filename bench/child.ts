import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';

/** A part of a benchmark in a process of its own, so that its processor time and memory are its own. */
export interface Child<Task extends object, Answer extends { said: string }> {
  ask<Said extends Answer['said']>(task: Task, said: Said): Promise<Extract<Answer, { said: Said }>>;
  /** Lets it come to its end, and waits for that. */
  end(): Promise<void>;
}

/** @param file of this folder, which calls `carryOut` */
export function startChild<Task extends object, Answer extends { said: string }>(file: string): Child<Task, Answer> {
  // What it prints goes to the errors: the standard output is the report's.
  const child = fork(path.join(import.meta.dirname, file), { stdio: ['ignore', 2, 2, 'ipc'] });
  return {
    ask: (task, said) => ask(child, task, said),
    end: () => end(child),
  };
}

/** Starts a process for one task. */
export async function inChild<Task extends object, Answer extends { said: string }, Said extends Answer['said']>(file: string, task: Task, said: Said): Promise<Extract<Answer, { said: Said }>> {
  const child = startChild<Task, Answer>(file);
  try {
    return await child.ask(task, said);
  } finally {
    await child.end();
  }
}

/** In the child: answers each task in its turn; the last one is `{ task: 'end' }`. A failure ends the process, which the parent hears. */
export function carryOut<Task extends { task: string }, Answer extends { said: string }>(work: (task: Task) => Promise<Answer>, end?: () => Promise<void> | undefined): void {
  const answer = async (task: Task | { task: 'end' }) => {
    if (isTask(task)) {
      process.send!(await work(task));
    } else {
      await end?.();
      process.disconnect();
    }
  };
  process.on('message', (task: Task | { task: 'end' }) => { void answer(task); });
}

function isTask<Task extends { task: string }>(task: Task | { task: 'end' }): task is Task {
  return task.task !== 'end';
}

function ask<Answer extends { said: string }, Said extends Answer['said']>(child: ChildProcess, task: object, said: Said): Promise<Extract<Answer, { said: Said }>> {
  return new Promise((resolve, reject) => {
    const gone = (code: number | null) => reject(new Error(`the process ended with ${code} before it had ${said}`));
    child.once('exit', gone);
    child.once('message', (answer: Answer) => {
      child.off('exit', gone);
      if (answer.said === said) resolve(answer as Extract<Answer, { said: Said }>);
      else reject(new Error(`said ${answer.said} and not ${said}`));
    });
    child.send(task);
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.send({ task: 'end' });
  await exited;
}
