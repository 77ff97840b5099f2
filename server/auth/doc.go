// Package auth says what the tokens are worth with which programs, and pages
// on a one-way transport, publish over POST /live/send.
//
// A token is a JWT (RFC 7519) in compact form, signed with HS256 and a key of
// this server. Any JWT library makes one; these are the claims that count:
//
//	{
//	  "sub": "scores-feed",            who it is: 1 to 128 printable bytes
//	  "exp": 1767225600,               until when; required
//	  "nbf": 1767139200,               from when; optional
//	  "publish": ["score:*", "news"],  the rooms; optional
//	  "aud": "grandstand"              optional; when there, this has to be in it
//	}
//
// publish names rooms, or beginnings of names followed by *; the bearer may
// publish to these and no others, whatever the rules of the rooms. An empty
// list is no room at all. Without the claim the bearer may do what anybody may
// (rooms.client_publish), and so may a holder of a token that Anonymous made.
// Events are counted against the limit on publishing by sub.
//
// # Errors
//
// Verify refuses with a *session.Error: expired_token, after which it is of use
// to fetch another token and try again, or bad_token, after which it is not.
// Neither quotes anything of the token: what a stranger sent ends in no log.
//
// # Keys
//
// The key is the bytes of auth.secret, as they are written. To change it
// without refusing anybody, put the old one into auth.previous, and take it out
// when its last token has expired. Without a secret a key is drawn when the
// process starts: tokens then come from its own /live/info alone, and end with
// it.
//
// A token is not tied to a viewer: who finds it may use it. Nor can it be taken
// back; give out short ones, or change the secret.
package auth
