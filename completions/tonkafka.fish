complete --keep-order --exclusive --command tonkafka --arguments "(TONKAFKA_COMPLETE=fish tonkafka -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
