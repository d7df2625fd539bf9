# SPDX-License-Identifier: MIT
# fish completion for nc-alert(1).
complete -c nc-alert -s c -l config -r -d 'the rules'
complete -c nc-alert -s C -l check -d 'check the rules and exit'
complete -c nc-alert -s D -l define -x -d 'set a macro'
complete -c nc-alert -s o -l only -d 'print alerts only'
complete -c nc-alert -s e -l exit-status -d 'status 4 when something fires'
complete -c nc-alert -l tick -x -a '10s 1m' -d 'let time pass by the wall clock'
complete -c nc-alert -l strict -d 'end at the first bad line'
complete -c nc-alert -s q -l quiet -d 'errors only'
complete -c nc-alert -s v -l verbose -d 'say more'
complete -c nc-alert -s h -l help -d 'the options in short'
complete -c nc-alert -s V -l version -d 'the version'
complete -c nc-alert -n __fish_use_subcommand -a test -d 'run tests of rules'
