import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** What the marks of a drawn chart mean, for whoever explains it. */
export const MARKS = { move: '⚙', workItem: '☎', limit: '⏱' } as const;

/**
 * A chart as a Mermaid state diagram: nested states and regions beside each other, what makes them change, which limits
 * run, which moves are made and which work items wait.
 *
 * @param isMove tells the actions that are moves from those that only note or announce something
 * @source Mermaid, stateDiagram-v2
 */
export function drawChart(machine: AnyStateMachine, isMove: (action: string) => boolean): string {
  const anywhere = edgesOf(machine.root).map((edge) => `  %% in every state: ${edge.label}`);
  return ['stateDiagram-v2', ...anywhere, ...inside(machine.root, isMove).map(indented)].join('\n');
}

/** The states within a node, then the ways between them, then the ways in and out. */
function inside(node: AnyStateNode, isMove: (action: string) => boolean): string[] {
  const children = childrenOf(node);
  const drawn = children.map((child) => stateOf(child, isMove));
  if (node.type === 'parallel') return drawn.flatMap((lines, index) => index === 0 ? lines : ['--', ...lines]);
  const [start] = initialOf(node);
  return [
    ...(start ? [`[*] --> ${start}`] : []),
    ...drawn.flat(),
    ...children.flatMap((child) => waysFrom(child)),
    ...children.filter((child) => child.type === 'final').map((child) => `${idOf(child)} --> [*]`),
  ];
}

function stateOf(node: AnyStateNode, isMove: (action: string) => boolean): string[] {
  const moves = namesOf(node.entry).filter(isMove).map((move) => `${MARKS.move} ${inWords(move)}`);
  const workItem = (node.meta as { workItem?: string } | undefined)?.workItem;
  const marks = [...moves, ...(workItem ? [`${MARKS.workItem} ${workItem}`] : [])];
  const title = [inWords(node.key), ...marks].join('<br>');
  if (childrenOf(node).length === 0) return [`state "${title}" as ${idOf(node)}`];
  return [`state "${title}" as ${idOf(node)} {`, ...inside(node, isMove).map(indented), '}'];
}

/** Ways with the same ends are one arrow. */
function waysFrom(node: AnyStateNode): string[] {
  const labels = new Map<string, string[]>();
  for (const { target, label } of edgesOf(node)) labels.set(target, [...(labels.get(target) ?? []), label]);
  return [...labels].map(([target, texts]) => {
    // Where the same leads there without a condition too, the condition says nothing.
    const text = texts.filter((each) => each !== '' && !texts.some((other) => other !== '' && each.startsWith(`${other} [`))).join('<br>');
    return text === '' ? `${idOf(node)} --> ${target}` : `${idOf(node)} --> ${target}: ${text}`;
  });
}

function edgesOf(node: AnyStateNode): { target: string; label: string }[] {
  const transitions = [...[...node.transitions.values()].flat(), ...(node.always ?? [])] as AnyTransitionDefinition[];
  return transitions.map((transition) => ({ target: idOf((transition.target?.[0] as AnyStateNode | undefined) ?? node), label: labelOf(transition) }));
}

function labelOf({ eventType, delay, guard }: AnyTransitionDefinition & { delay?: string | number }): string {
  const condition = guard === undefined ? '' : `[${inWords(nameOf(guard) ?? 'condition')}]`;
  return [happening(eventType, delay), condition].filter((part) => part !== '').join(' ');
}

function happening(eventType: string, delay: string | number | undefined): string {
  if (delay !== undefined) return `${MARKS.limit} ${typeof delay === 'string' ? inWords(delay) : `${delay} ms`}`;
  if (eventType.startsWith('xstate.done.')) return 'all is done';
  return eventType;
}

function initialOf(node: AnyStateNode): string[] {
  const targets = node.initial?.target as AnyStateNode[] | undefined;
  return (targets ?? []).map(idOf);
}

function childrenOf(node: AnyStateNode): AnyStateNode[] {
  return Object.values(node.states) as AnyStateNode[];
}

function namesOf(actions: readonly unknown[]): string[] {
  return actions.flatMap((action) => nameOf(action) ?? []);
}

function nameOf(word: unknown): string | undefined {
  if (typeof word === 'string') return word;
  return typeof word === 'object' && word !== null && 'type' in word ? String(word.type) : undefined;
}

/** The diagram has one room for all names, so that a name holds its whole path. */
function idOf(node: AnyStateNode): string {
  return node.path.join('_').replaceAll(/[^A-Za-z0-9_]/g, '_');
}

function inWords(name: string): string {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
}

function indented(line: string): string {
  return `  ${line}`;
}
