// People who pressed the link need no second press; programs that only look at links run no scripts.
document.getElementById("open").requestSubmit();
