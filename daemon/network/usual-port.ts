/** What nodes listen on when nobody says otherwise, so that a firewall rule can be written down; another one where it is taken. */
export const usualPort = 7946;
