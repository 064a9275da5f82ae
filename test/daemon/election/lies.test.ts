/** What a member may claim of terms and voters, and what that does to the others: nothing for long. */
import { expect, test } from 'vitest';
import { isPlausible, PlausibleTerms } from '../../../daemon/election/plausible.ts';
import { type ElectionMessage, electionProtocol } from '../../../daemon/election/protocol.ts';
import { MembershipNode } from '../../../daemon/membership/membership-node.ts';
import type { Term } from '../../../src/model/job.ts';
import { highestBelieved } from '../../../src/model/term.ts';
import { factsOf, SmallCluster } from '../../support/small-cluster.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** Three honest nodes, the voters; and `z`, a member that says what it likes. */
async function withLiar() {
  const violations: string[] = [];
  const world = new SmallCluster(1, { onViolation: (self, peer, reason) => void violations.push(`${self} cuts ${peer}: ${reason.message}`) });
  void world.bootAll(['a', 'b', 'c'], 'a');
  await world.clock.advance(20_000);
  const messenger = world.network.join('z');
  const heard: ElectionMessage[] = [];
  messenger.serve(electionProtocol, { onMessage: (_, message) => void heard.push(message) });
  const membership = new MembershipNode({ facts: factsOf('z', 99) }, { messenger, clock: world.clock });
  await messenger.start();
  await membership.start();
  await world.clock.advance(1_000);
  const tell = (message: ElectionMessage) => {
    for (const peer of messenger.connected()) messenger.send(peer, electionProtocol, message);
  };
  /** The others elect when the coordinator dies, liar or not. */
  const goesOn = async () => {
    world.kill('a');
    await world.clock.advance(20_000);
    expect(world.agrees()).toBe(true);
    return world.terms()[0] as Term;
  };
  return { world, violations, messenger, tell, heard, goesOn };
}

test.each([2 ** 48, highestBelieved + 1000])(
  'a claim of term %d is not believed, cuts who makes it, and the next election goes on from the true one',
  async (number) => {
    const { world, violations, tell, goesOn } = await withLiar();
    tell({ type: 'term', term: { number, node: 'z' } });
    await world.clock.advance(100);
    expect(violations).toHaveLength(3);
    expect(violations[0]).toContain('no election leads to such a term');
    expect((await goesOn()).number).toBeLessThan(10);
  },
);

test('who passes such a term on is not cut for it', async () => {
  const { world, violations, tell, goesOn } = await withLiar();
  tell({ type: 'term', term: { number: 2 ** 48, node: 'b' } });
  tell({ type: 'standing', term: { number: 2 ** 48, node: 'z' }, quorate: true, reachable: 5, voters: 5 });
  tell({ type: 'resign', term: { number: 2 ** 48, node: 'z' } });
  await world.clock.advance(100);
  expect(violations).toEqual([]);
  expect((await goesOn()).number).toBeLessThan(10);
});

test('a term that heartbeats tell of is not believed either', async () => {
  const violations: string[] = [];
  const world = new SmallCluster(1, { onViolation: (_, __, reason) => void violations.push(reason.message) });
  void world.bootAll(['a', 'b'], 'a');
  await world.clock.advance(10_000);
  const messenger = world.network.join('z');
  const membership = new MembershipNode({ facts: factsOf('z', 99) }, { messenger, clock: world.clock });
  membership.announceTerm({ number: 2 ** 48, node: 'z' });
  await messenger.start();
  await membership.start();
  await world.clock.advance(10_000);
  expect(world.agrees()).toBe(true);
  expect(world.terms()[0]?.number).toBeLessThan(10);
});

test('the highest term that is believed leaves room for all that follow', async () => {
  const { world, violations, tell, goesOn } = await withLiar();
  tell({ type: 'term', term: { number: highestBelieved, node: 'b' } });
  await world.clock.advance(5_000);
  expect(violations).toEqual([]);
  const next = await goesOn();
  expect(next.number).toBeGreaterThan(highestBelieved);
  expect(next.number).toBeLessThan(highestBelieved + 100);
});

test('a voter grants nobody a term of another node, nor one that no election leads to', async () => {
  const { world, messenger, goesOn } = await withLiar();
  const ask = (term: Term) => {
    const answer = messenger.request('b', electionProtocol, { type: 'ask', term }, 1_000);
    const refused = expect(answer).rejects.toMatchObject({ code: 'peer-refused' });
    return world.clock.advance(1_000).then(() => refused);
  };
  await ask({ number: 3, node: 'c' });
  await ask({ number: 2 ** 48, node: 'z' });
  await goesOn();
});

test('a record of voters with a number that no cluster comes to is not taken', async () => {
  const { world, tell, goesOn } = await withLiar();
  const term = world.terms()[0] as Term;
  tell({ type: 'voters', voters: { number: 2 ** 48, term, voters: [{ node: 'z', store: 'mine' }] } });
  tell({ type: 'voters', voters: { number: 9, term: { number: 2 ** 48, node: 'z' }, voters: [{ node: 'z', store: 'mine' }] } });
  await world.clock.advance(1_000);
  await goesOn();
  expect(
    world.nodes
      .get('b')
      ?.election.voters()
      ?.voters.map(({ node }) => node),
  ).not.toContain('z');
});

test('a voter that is told again and again that it forgot a promise takes one new store id, not one each time', async () => {
  const { world, tell } = await withLiar();
  for (let time = 1; time <= 5; time += 1) {
    const store = world.disks.get('b')?.store ?? '';
    tell({ type: 'promised', node: 'b', store, term: { number: 1000 + time, node: 'z' } });
    await world.clock.advance(30_000);
  }
  expect(world.disks.get('b')?.store).toBe('first renewed');
  expect(world.agrees()).toBe(true);
});

test('above what is believed anyway terms rise no faster than elections', async () => {
  const clock = new VirtualClock();
  const terms = new PlausibleTerms({ clock });
  const at = (more: number): Term => ({ number: highestBelieved + more, node: 'z' });
  expect(terms.believes(at(0), { number: 5, node: 'a' })).toBe(true);
  expect(terms.believes(at(65), at(0))).toBe(false);
  expect(terms.believes(at(64), at(0))).toBe(true);
  expect(terms.believes(at(65), at(64))).toBe(false);
  expect(terms.believes(at(64), at(64))).toBe(true);
  await clock.advance(1_000);
  expect(terms.believes(at(65), at(64))).toBe(true);
  // Who comes new follows a cluster that somebody lied to.
  expect(terms.believes(at(1000), undefined)).toBe(true);
  expect(terms.believes(at(2 ** 30), undefined)).toBe(false);
});

test('voters change by ones', () => {
  const voters = (number: number) => ({ number, term: { number: 1, node: 'a' }, voters: [{ node: 'a', store: 's' }] });
  expect(isPlausible(voters(2 ** 20), undefined)).toBe(true);
  expect(isPlausible(voters(2 ** 20 + 1), voters(3))).toBe(false);
  expect(isPlausible(voters(2 ** 20 + 1), voters(2 ** 20))).toBe(true);
});
