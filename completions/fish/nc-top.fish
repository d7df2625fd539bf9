# SPDX-License-Identifier: MIT
# fish completion for nc-top(1).
complete -c nc-top -s b -l batch -d 'frames as plain text'
complete -c nc-top -s n -l count -x -d 'end after N frames'
complete -c nc-top -s i -l interval -x -a '1s 2s 5s 10s' -d 'time between frames'
complete -c nc-top -s d -l dir -r -a '(__fish_complete_directories)' -d 'records of a store'
complete -c nc-top -s r -l replay -r -F -d 'play a recording'
complete -c nc-top -l speed -x -a '1 10 100 max' -d 'with -r: times as fast'
complete -c nc-top -s x -l exec -x -d 'commands to start with'
complete -c nc-top -l once -d 'one frame when the input ends'
complete -c nc-top -l json -d 'with --once: records'
complete -c nc-top -l now -x -d 'the fleet as of TIME'
complete -c nc-top -l width -x -d columns
complete -c nc-top -l height -x -d lines
complete -c nc-top -l color -x -a 'always auto never' -d colours
complete -c nc-top -l theme -x -a 'dark light mono high-contrast colorblind' -d 'colours of roles'
complete -c nc-top -l ascii -d 'draw with ASCII alone'
complete -c nc-top -l utf8 -d 'draw with UTF-8'
complete -c nc-top -l act -d 'keys may change alerts'
complete -c nc-top -l exit-on-eof -d 'leave when the input ends'
complete -c nc-top -l strict -d 'stop at the first bad line'
complete -c nc-top -l keys -d 'print the table of keys'
complete -c nc-top -s q -l quiet -d 'errors only'
complete -c nc-top -s v -l verbose -d 'say more'
complete -c nc-top -s h -l help -d 'the options in short'
complete -c nc-top -s V -l version -d 'the version'
complete -c nc-top -a 'ssh:(__fish_print_hostnames)' -d 'a host by ssh'
