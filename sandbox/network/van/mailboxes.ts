import { createHash, timingSafeEqual } from 'node:crypto';
import express from 'express';
import type { NextFunction, Request, Response, Router } from 'express';
import { X12Error, parseInterchange } from '#formats/x12/index.ts';
import type { Interchange } from '#formats/x12/index.ts';
import { masterData } from '../../hospital/master-data.ts';
import type { Database } from '../database.ts';
import type { Desk } from '../suppliers/desk.ts';
import { receive } from './receive.ts';

const CONTENT_TYPE = 'application/edi-x12';
const MOST_CHARACTERS = 4 * 1024 * 1024;

/**
 * The mailboxes of the X12 suppliers in a value-added network: one interchange in, its acknowledgement out.
 *
 * @param token what a sender has to show as bearer token; nobody is asked when it is absent
 */
export function mailboxRoutes(database: Database, desk: Desk, token: string | undefined, afterwards: () => void): Router {
  const router = express.Router();

  router.post('/edi/:supplierNumber', express.text({ type: CONTENT_TYPE, limit: MOST_CHARACTERS }), async (request, response) => {
    if (token !== undefined && !isBearer(request, token)) {
      answerText(response.set('WWW-Authenticate', 'Bearer'), 401, 'The bearer token is missing or wrong');
      return;
    }
    const supplier = masterData.suppliers.find(({ number, channel, status }) =>
      number === request.params.supplierNumber && channel === 'x12' && status === 'active');
    if (!supplier) {
      answerText(response, 404, 'No such mailbox');
      return;
    }
    if (typeof request.body !== 'string') {
      answerText(response, 415, `Only ${CONTENT_TYPE} is taken`);
      return;
    }
    let interchange: Interchange;
    try {
      interchange = parseInterchange(request.body, { maxLength: MOST_CHARACTERS });
    } catch (error) {
      // Without a readable ISA there is nobody to acknowledge to.
      if (!(error instanceof X12Error)) throw error;
      answerText(response, 400, error.message);
      return;
    }
    try {
      const answer = await receive(database, desk, supplier, interchange);
      afterwards();
      response.status(200).type(CONTENT_TYPE).send(answer);
    } catch (error) {
      // A sender whose address cannot be printed cannot be answered in X12 either.
      if (!(error instanceof X12Error)) throw error;
      answerText(response, 400, error.message);
    }
  });

  router.use('/edi', (error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(error);
    const status = error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 500;
    if (status >= 500) console.error('network: an interchange could not be taken', error);
    answerText(response, status, status >= 500 ? 'The interchange could not be taken' : 'The interchange could not be read');
  });

  return router;
}

function answerText(response: Response, status: number, text: string): void {
  response.status(status).type('text/plain').send(`${text}\n`);
}

function isBearer(request: Request, token: string): boolean {
  const given = /^Bearer (\S+)$/i.exec(request.get('authorization') ?? '')?.[1] ?? '';
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
