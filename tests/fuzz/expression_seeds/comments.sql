seats /* a */ + -- b
 1