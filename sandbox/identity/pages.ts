/** Server-rendered pages. They need no script, and the content security policy forbids any. */

export interface SignInPage {
  action: string;
  abortAction: string;
  clientName: string;
  username?: string;
  /** What went wrong with the last attempt. */
  problem?: string;
}

export interface ConsentPage {
  action: string;
  abortAction: string;
  clientName: string;
  personName: string;
  grants: readonly string[];
}

export function signInPage({ action, abortAction, clientName, username = '', problem }: SignInPage): string {
  const invalid = problem ? ' aria-invalid="true" aria-describedby="problem"' : '';
  return page('Sign in', `
    <h1>Sign in</h1>
    <p class="lead">to continue to ${escape(clientName)}</p>
    ${problem ? `<p class="problem" id="problem" role="alert">${escape(problem)}</p>` : ''}
    <form method="post" action="${escape(action)}">
      <label for="username">User name</label>
      <input id="username" name="username" type="text" value="${escape(username)}" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="80"${username ? '' : ' autofocus'}${invalid}>
      <label for="password">Password</label>
      <input id="password" name="password" type="password" autocomplete="current-password" required maxlength="200"${username ? ' autofocus' : ''}${invalid}>
      <button type="submit" class="primary">Sign in</button>
    </form>
    ${abortForm(abortAction, 'Cancel')}
    <p class="note">The user names and passwords of this sandbox belong to this installation only. They are shown where it was started.</p>`);
}

export function consentPage({ action, abortAction, clientName, personName, grants }: ConsentPage): string {
  return page('Allow access', `
    <h1>Allow access</h1>
    <p class="lead"><strong>${escape(clientName)}</strong> asks to act for you, ${escape(personName)}.</p>
    <ul class="grants">${grants.map((each) => `<li>${escape(each)}</li>`).join('')}</ul>
    <form method="post" action="${escape(action)}"><button type="submit" class="primary">Allow</button></form>
    ${abortForm(abortAction, 'Do not allow')}`);
}

export function errorPage(problem: string): string {
  return page('Sign-in problem', `
    <h1>This did not work</h1>
    <p class="problem" role="alert">${escape(problem)}</p>
    <p class="note">Go back to the application and start again.</p>`);
}

export function signOutPage(form: string): string {
  return page('Sign out', `
    <h1>Sign out?</h1>
    <p class="lead">This ends your session at Lakeside Health on this device.</p>
    ${form}
    <button type="submit" form="op.logoutForm" name="logout" value="yes" class="primary">Sign out</button>
    <button type="submit" form="op.logoutForm" class="quiet">Stay signed in</button>`);
}

export function signedOutPage(): string {
  return page('Signed out', '<h1>Signed out</h1><p class="lead">You can close this window.</p>');
}

function abortForm(action: string, label: string): string {
  return `<form method="post" action="${escape(action)}"><button type="submit" class="quiet">${escape(label)}</button></form>`;
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)} · Lakeside Health</title>
<link rel="stylesheet" href="/sign-in.css">
</head>
<body>
<main>
<p class="brand"><span class="mark" aria-hidden="true"></span>Lakeside Health</p>
${content}
</main>
</body>
</html>
`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
