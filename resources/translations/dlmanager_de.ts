<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>AboutDialog</name>
    <message>
        <source>A download manager for the desktop.</source>
        <translation>Ein Download-Manager für den Schreibtisch.</translation>
    </message>
    <message>
        <source>About dlmanager</source>
        <translation>Über dlmanager</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>Daten</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>Wird gesucht …</translation>
    </message>
</context>
<context>
    <name>Actions</name>
    <message>
        <source>&amp;About dlmanager</source>
        <translation>Ü&amp;ber dlmanager</translation>
    </message>
    <message>
        <source>&amp;Add links…</source>
        <translation>&amp;Links hinzufügen…</translation>
    </message>
    <message>
        <source>&amp;Cancel</source>
        <translation>Abbre&amp;chen</translation>
    </message>
    <message>
        <source>&amp;Delete file</source>
        <translation>Datei in den &amp;Papierkorb</translation>
    </message>
    <message>
        <source>&amp;Details</source>
        <translation>&amp;Details</translation>
    </message>
    <message>
        <source>&amp;Find in the list</source>
        <translation>In der Liste &amp;suchen</translation>
    </message>
    <message>
        <source>&amp;Hide dlmanager</source>
        <translation>dlmanager &amp;ausblenden</translation>
    </message>
    <message>
        <source>&amp;High</source>
        <translation>&amp;Hoch</translation>
    </message>
    <message>
        <source>&amp;Import…</source>
        <translation>&amp;Importieren…</translation>
    </message>
    <message>
        <source>&amp;Keep the page</source>
        <translation>&amp;Webseite behalten</translation>
    </message>
    <message>
        <source>&amp;Keyboard shortcuts</source>
        <translation>&amp;Tastenkürzel</translation>
    </message>
    <message>
        <source>&amp;Low</source>
        <translation>N&amp;iedrig</translation>
    </message>
    <message>
        <source>&amp;Open</source>
        <translation>Öff&amp;nen</translation>
    </message>
    <message>
        <source>&amp;Paste links</source>
        <translation>Links &amp;einfügen</translation>
    </message>
    <message>
        <source>&amp;Pause</source>
        <translation>&amp;Anhalten</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>&amp;Beenden</translation>
    </message>
    <message>
        <source>&amp;Resume</source>
        <translation>Fort&amp;setzen</translation>
    </message>
    <message>
        <source>&amp;Settings…</source>
        <translation>&amp;Einstellungen…</translation>
    </message>
    <message>
        <source>&amp;Show dlmanager</source>
        <translation>dlmanager &amp;anzeigen</translation>
    </message>
    <message>
        <source>&amp;Side panel</source>
        <translation>&amp;Seitenleiste</translation>
    </message>
    <message>
        <source>&amp;Undo remove</source>
        <translation>Entfernen &amp;rückgängig machen</translation>
    </message>
    <message>
        <source>&amp;Urgent</source>
        <translation>&amp;Dringend</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>Hinzufügen</translation>
    </message>
    <message>
        <source>Add from &amp;clipboard</source>
        <translation>Aus &amp;Zwischenablage hinzufügen</translation>
    </message>
    <message>
        <source>C&amp;hecksum…</source>
        <translation>Prü&amp;fsumme…</translation>
    </message>
    <message>
        <source>Copy &amp;link</source>
        <translation>&amp;Link kopieren</translation>
    </message>
    <message>
        <source>Do&amp;wnload again</source>
        <translation>Noch einmal her&amp;unterladen</translation>
    </message>
    <message>
        <source>Edit l&amp;ink…</source>
        <translation>Link än&amp;dern…</translation>
    </message>
    <message>
        <source>Enter p&amp;assword…</source>
        <translation>Passwo&amp;rt eingeben…</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Import links from texts, shortcuts, metalinks and web pages</source>
        <translation>Links aus Texten, Verknüpfungen, Metalinks und Webseiten importieren</translation>
    </message>
    <message>
        <source>In the order of the &amp;queue</source>
        <translation>In der Reihenfolge der &amp;Warteschlange</translation>
    </message>
    <message>
        <source>Mo&amp;ve</source>
        <translation>&amp;Verschieben</translation>
    </message>
    <message>
        <source>Move &amp;down</source>
        <translation>Nach &amp;unten</translation>
    </message>
    <message>
        <source>Move the file to the trash, and remove it from the list</source>
        <translation>Die Datei in den Papierkorb verschieben und aus der Liste entfernen</translation>
    </message>
    <message>
        <source>Move to &amp;bottom</source>
        <translation>&amp;Ganz nach unten</translation>
    </message>
    <message>
        <source>Move to &amp;top</source>
        <translation>Ganz nach &amp;oben</translation>
    </message>
    <message>
        <source>Move u&amp;p</source>
        <translation>Nach o&amp;ben</translation>
    </message>
    <message>
        <source>N&amp;ormal</source>
        <translation>&amp;Normal</translation>
    </message>
    <message>
        <source>Open &amp;folder</source>
        <translation>&amp;Ordner öffnen</translation>
    </message>
    <message>
        <source>Open in &amp;browser</source>
        <translation>Im &amp;Browser öffnen</translation>
    </message>
    <message>
        <source>Pa&amp;use all</source>
        <translation>Alle an&amp;halten</translation>
    </message>
    <message>
        <source>Priorit&amp;y</source>
        <translation>Priorit&amp;ät</translation>
    </message>
    <message>
        <source>Priority</source>
        <translation>Priorität</translation>
    </message>
    <message>
        <source>Propertie&amp;s</source>
        <translation>Ei&amp;genschaften</translation>
    </message>
    <message>
        <source>Re&amp;move from list</source>
        <translation>Aus der L&amp;iste entfernen</translation>
    </message>
    <message>
        <source>Re&amp;try</source>
        <translation>&amp;Erneut versuchen</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Remove from the list; finished files stay</source>
        <translation>Aus der Liste entfernen; fertige Dateien bleiben</translation>
    </message>
    <message>
        <source>Resum&amp;e all</source>
        <translation>Alle fortse&amp;tzen</translation>
    </message>
    <message>
        <source>Select &amp;all</source>
        <translation>&amp;Alles auswählen</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Anzeigen</translation>
    </message>
    <message>
        <source>Show all downloads, with these selected</source>
        <translation>Alle Downloads anzeigen, mit diesen ausgewählt</translation>
    </message>
    <message>
        <source>Show that order</source>
        <translation>So anordnen</translation>
    </message>
    <message>
        <source>Start &amp;now</source>
        <translation>&amp;Jetzt starten</translation>
    </message>
    <message>
        <source>Start now; if need be, another download makes room</source>
        <translation>Jetzt starten; wenn nötig, macht ein anderer Download Platz</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
</context>
<context>
    <name>AddDialog</name>
    <message>
        <source>&amp;Add</source>
        <translation>&amp;Hinzufügen</translation>
    </message>
    <message>
        <source>&amp;Add {downloads}</source>
        <translation>{downloads} &amp;hinzufügen</translation>
    </message>
    <message>
        <source>&amp;Browse…</source>
        <translation>&amp;Durchsuchen…</translation>
    </message>
    <message>
        <source>&amp;Close</source>
        <translation>&amp;Schließen</translation>
    </message>
    <message>
        <source>&amp;Links, one per line</source>
        <translation>&amp;Links, einer pro Zeile</translation>
    </message>
    <message>
        <source>&amp;Retries</source>
        <translation>&amp;Wiederholungen</translation>
    </message>
    <message>
        <source>Add &amp;paused, to start later</source>
        <translation>&amp;Angehalten hinzufügen und später starten</translation>
    </message>
    <message>
        <source>Add links</source>
        <translation>Links hinzufügen</translation>
    </message>
    <message>
        <source>Added {downloads}.</source>
        <translation>{downloads} hinzugefügt.</translation>
    </message>
    <message>
        <source>As the server names each file</source>
        <translation>Wie der Server jede Datei nennt</translation>
    </message>
    <message>
        <source>As the server names it</source>
        <translation>Wie der Server sie nennt</translation>
    </message>
    <message>
        <source>Chec&amp;ksum</source>
        <translation>&amp;Prüfsumme</translation>
    </message>
    <message>
        <source>Checking… {number} links so far</source>
        <translation>Wird geprüft … bisher {number} Links</translation>
    </message>
    <message>
        <source>Checksum</source>
        <translation>Prüfsumme</translation>
    </message>
    <message>
        <source>File &amp;name</source>
        <translation>Datei&amp;name</translation>
    </message>
    <message>
        <source>File name</source>
        <translation>Dateiname</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Free space</source>
        <translation>Freier Platz</translation>
    </message>
    <message>
        <source>If you have one; or a list, such as SHA256SUMS</source>
        <translation>Falls vorhanden; auch eine Liste wie SHA256SUMS</translation>
    </message>
    <message>
        <source>Kind of checksum</source>
        <translation>Art der Prüfsumme</translation>
    </message>
    <message>
        <source>Line {line} stands for {downloads}: {first} to {last}</source>
        <translation>Zeile {line} steht für {downloads}: {first} bis {last}</translation>
    </message>
    <message>
        <source>Line {number}: {problem}</source>
        <translation>Zeile {number}: {problem}</translation>
    </message>
    <message>
        <source>Links</source>
        <translation>Links</translation>
    </message>
    <message>
        <source>No link here has the name of a file in this list.</source>
        <translation>Kein Link hier heißt wie eine Datei in dieser Liste.</translation>
    </message>
    <message>
        <source>Of several links, which one is this checksum for? Put the file name behind it.</source>
        <translation>Für welchen der Links ist diese Prüfsumme? Bitte den Dateinamen dahinter schreiben.</translation>
    </message>
    <message>
        <source>Prior&amp;ity</source>
        <translation>Priori&amp;tät</translation>
    </message>
    <message>
        <source>Priority</source>
        <translation>Priorität</translation>
    </message>
    <message>
        <source>Ranges in all: {number}, for {downloads}</source>
        <translation>Bereiche insgesamt: {number}, für {downloads}</translation>
    </message>
    <message>
        <source>Retries</source>
        <translation>Wiederholungen</translation>
    </message>
    <message>
        <source>Save in &amp;folder</source>
        <translation>Im &amp;Ordner speichern</translation>
    </message>
    <message>
        <source>Save in folder</source>
        <translation>Im Ordner speichern</translation>
    </message>
    <message>
        <source>The links are &amp;mirrors of one file</source>
        <translation>Die Links sind Spie&amp;gel einer Datei</translation>
    </message>
    <message>
        <source>What is left could not be used.</source>
        <translation>Der Rest ist nicht verwendbar.</translation>
    </message>
    <message>
        <source>What is left needs a look.</source>
        <translation>Der Rest braucht noch einen Blick.</translation>
    </message>
    <message>
        <source>and 1 more line that cannot be used</source>
        <translation>und 1 weitere Zeile, die nicht verwendbar ist</translation>
    </message>
    <message>
        <source>and {number} more lines that cannot be used</source>
        <translation>und {number} weitere Zeilen, die nicht verwendbar sind</translation>
    </message>
    <message>
        <source>and {number} more that cannot be used</source>
        <translation>und {number} weitere, die nicht verwendbar sind</translation>
    </message>
    <message>
        <source>for {number} of {downloads}</source>
        <translation>für {number} von {downloads}</translation>
    </message>
    <message>
        <source>until it succeeds</source>
        <translation>bis es gelingt</translation>
    </message>
    <message>
        <source>{size} free</source>
        <translation>{size} frei</translation>
    </message>
</context>
<context>
    <name>Arrivals</name>
    <message>
        <source>The filter hides it.</source>
        <translation>Der Filter blendet diesen Download aus.</translation>
    </message>
    <message>
        <source>The filter hides them.</source>
        <translation>Der Filter blendet sie aus.</translation>
    </message>
    <message>
        <source>The filter hides {number} of them.</source>
        <translation>Der Filter blendet {number} davon aus.</translation>
    </message>
</context>
<context>
    <name>AttemptTableModel</name>
    <message>
        <source>From</source>
        <translation>Ab</translation>
    </message>
    <message>
        <source>How it ended</source>
        <translation>Ausgang</translation>
    </message>
    <message>
        <source>No.</source>
        <translation>Nr.</translation>
    </message>
    <message>
        <source>Reached</source>
        <translation>Erreicht</translation>
    </message>
    <message>
        <source>Started</source>
        <translation>Begonnen</translation>
    </message>
    <message>
        <source>Took</source>
        <translation>Dauer</translation>
    </message>
</context>
<context>
    <name>Attempts</name>
    <message>
        <source>Another mirror went on</source>
        <translation>Ein anderer Spiegel machte weiter</translation>
    </message>
    <message>
        <source>Attempt {number}</source>
        <translation>Versuch {number}</translation>
    </message>
    <message>
        <source>Broke off, to be tried again</source>
        <translation>Abgebrochen, wird erneut versucht</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>Abgebrochen</translation>
    </message>
    <message>
        <source>Completed</source>
        <translation>Fertig</translation>
    </message>
    <message>
        <source>Ended</source>
        <translation>Beendet</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Fehlgeschlagen</translation>
    </message>
    <message>
        <source>It is running</source>
        <translation>Läuft noch</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>Angehalten</translation>
    </message>
    <message>
        <source>Removed from the list</source>
        <translation>Aus der Liste entfernt</translation>
    </message>
    <message>
        <source>Stopped to make room</source>
        <translation>Angehalten, um Platz zu machen</translation>
    </message>
    <message>
        <source>The link was changed</source>
        <translation>Der Link wurde geändert</translation>
    </message>
    <message>
        <source>The program ended in the middle of it</source>
        <translation>Das Programm endete mittendrin</translation>
    </message>
    <message>
        <source>dlmanager was quit</source>
        <translation>dlmanager wurde beendet</translation>
    </message>
    <message>
        <source>the beginning</source>
        <translation>Anfang</translation>
    </message>
    <message>
        <source>wget could not be used</source>
        <translation>wget war nicht verwendbar</translation>
    </message>
</context>
<context>
    <name>Banner</name>
    <message>
        <source>Problem</source>
        <translation>Problem</translation>
    </message>
</context>
<context>
    <name>ChecksumDialogs</name>
    <message>
        <source>Expected:</source>
        <translation>Erwartet:</translation>
    </message>
    <message>
        <source>Found:</source>
        <translation>Gefunden:</translation>
    </message>
</context>
<context>
    <name>ChecksumField</name>
    <message>
        <source>Chec&amp;ksum</source>
        <translation>Prüfsu&amp;mme</translation>
    </message>
    <message>
        <source>Kind of checksum</source>
        <translation>Art der Prüfsumme</translation>
    </message>
    <message>
        <source>The checksum, or a list such as SHA256SUMS</source>
        <translation>Die Prüfsumme, oder eine Liste wie SHA256SUMS</translation>
    </message>
</context>
<context>
    <name>Columns</name>
    <message>
        <source>Reset columns</source>
        <translation>Spalten zurücksetzen</translation>
    </message>
    <message>
        <source>Retrying in 59 min (2 of 3)</source>
        <translation>Neuer Versuch in 59 min (2 von 3)</translation>
    </message>
</context>
<context>
    <name>DetailsAttempts</name>
    <message>
        <source>It has not been tried yet.</source>
        <translation>Es gab noch keinen Versuch.</translation>
    </message>
    <message>
        <source>Nothing is remembered of its attempts.</source>
        <translation>Über die Versuche ist nichts mehr bekannt.</translation>
    </message>
    <message>
        <source>Select one download to see each try at it.</source>
        <translation>Nach der Auswahl eines Downloads steht hier jeder seiner Versuche.</translation>
    </message>
</context>
<context>
    <name>DetailsGeneral</name>
    <message>
        <source>Copy all</source>
        <translation>Alles kopieren</translation>
    </message>
    <message>
        <source>Copy all facts as text</source>
        <translation>Alle Angaben als Text kopieren</translation>
    </message>
    <message>
        <source>Facts</source>
        <translation>Angaben</translation>
    </message>
    <message>
        <source>Select a download to see everything about it here.</source>
        <translation>Nach der Auswahl eines Downloads steht hier alles über ihn.</translation>
    </message>
</context>
<context>
    <name>DetailsLog</name>
    <message>
        <source>Attempt</source>
        <translation>Versuch</translation>
    </message>
    <message>
        <source>Copy log</source>
        <translation>Protokoll kopieren</translation>
    </message>
    <message>
        <source>It has not been tried yet.</source>
        <translation>Es gab noch keinen Versuch.</translation>
    </message>
    <message>
        <source>Nothing is remembered of its attempts.</source>
        <translation>Über die Versuche ist nichts mehr bekannt.</translation>
    </message>
    <message>
        <source>Passwords and keys are left out.</source>
        <translation>Passwörter und Schlüssel sind ausgelassen.</translation>
    </message>
    <message>
        <source>Select one download to read what wget said.</source>
        <translation>Nach der Auswahl eines Downloads steht hier, was wget gesagt hat.</translation>
    </message>
    <message>
        <source>wget has said nothing in this attempt.</source>
        <translation>wget hat in diesem Versuch nichts gesagt.</translation>
    </message>
    <message>
        <source>wget&apos;s words</source>
        <translation>Ausgabe von wget</translation>
    </message>
</context>
<context>
    <name>DetailsPanel</name>
    <message>
        <source>&amp;General</source>
        <translation>All&amp;gemein</translation>
    </message>
    <message>
        <source>&amp;Log</source>
        <translation>&amp;Protokoll</translation>
    </message>
    <message>
        <source>&amp;Speed</source>
        <translation>&amp;Tempo</translation>
    </message>
    <message>
        <source>Atte&amp;mpts</source>
        <translation>Vers&amp;uche</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Details</translation>
    </message>
    <message>
        <source>Hide the details</source>
        <translation>Details ausblenden</translation>
    </message>
    <message>
        <source>Hide the details ({keys})</source>
        <translation>Details ausblenden ({keys})</translation>
    </message>
</context>
<context>
    <name>DetailsSpeed</name>
    <message>
        <source>Nothing was downloaded in the last {time}.</source>
        <translation>In den letzten {time} wurde nichts geladen.</translation>
    </message>
    <message>
        <source>Speed in the last minutes</source>
        <translation>Tempo der letzten Minuten</translation>
    </message>
    <message>
        <source>This download: {now}, at most {peak}</source>
        <translation>Dieser Download: {now}, höchstens {peak}</translation>
    </message>
    <message>
        <source>Whole queue: {now}, at most {peak}</source>
        <translation>Ganze Warteschlange: {now}, höchstens {peak}</translation>
    </message>
    <message>
        <source>now</source>
        <translation>jetzt</translation>
    </message>
    <message>
        <source>{time} ago</source>
        <translation>vor {time}</translation>
    </message>
</context>
<context>
    <name>DropOverlay</name>
    <message>
        <source>Drop to add</source>
        <translation>Zum Hinzufügen ablegen</translation>
    </message>
</context>
<context>
    <name>DuplicatesRow</name>
    <message>
        <source>&amp;Show in the list</source>
        <translation>In der Liste &amp;zeigen</translation>
    </message>
    <message>
        <source>Download again under a new name</source>
        <translation>Unter neuem Namen noch einmal laden</translation>
    </message>
    <message>
        <source>One of the links is in the list already: {name}.</source>
        <translation>Einer der Links ist schon in der Liste: {name}.</translation>
    </message>
    <message>
        <source>Skip</source>
        <translation>Überspringen</translation>
    </message>
    <message>
        <source>The link in line {line} is there twice.</source>
        <translation>Der Link in Zeile {line} ist doppelt.</translation>
    </message>
    <message>
        <source>This link is in the list already: {name}.</source>
        <translation>Dieser Link ist schon in der Liste: {name}.</translation>
    </message>
    <message>
        <source>What to do with links that are there already</source>
        <translation>Was mit schon vorhandenen Links geschieht</translation>
    </message>
    <message>
        <source>{number} links are there more than once.</source>
        <translation>{number} Links sind mehrfach vorhanden.</translation>
    </message>
    <message>
        <source>{number} of the links are in the list already, {name} among them.</source>
        <translation>{number} der Links sind schon in der Liste, darunter {name}.</translation>
    </message>
</context>
<context>
    <name>EmptyPage</name>
    <message>
        <source>Drop links here</source>
        <translation>Links hier ablegen</translation>
    </message>
    <message>
        <source>or press Ctrl+V, or click Add</source>
        <translation>oder Strg+V drücken oder auf Hinzufügen klicken</translation>
    </message>
</context>
<context>
    <name>ExpectDialog</name>
    <message>
        <source>&amp;Save</source>
        <translation>&amp;Speichern</translation>
    </message>
    <message>
        <source>&amp;Save and retry</source>
        <translation>&amp;Speichern und erneut versuchen</translation>
    </message>
    <message>
        <source>Checksum</source>
        <translation>Prüfsumme</translation>
    </message>
    <message>
        <source>The complete file is held against this checksum, and kept only if it matches.</source>
        <translation>Die vollständige Datei wird mit dieser Prüfsumme verglichen und nur behalten, wenn sie passt.</translation>
    </message>
    <message>
        <source>The file is then downloaded again, and kept only if it matches.</source>
        <translation>Die Datei wird dann noch einmal heruntergeladen und nur behalten, wenn sie passt.</translation>
    </message>
    <message>
        <source>The file is then downloaded again, and nothing but its size is checked.</source>
        <translation>Die Datei wird dann noch einmal heruntergeladen und nur ihre Größe geprüft.</translation>
    </message>
    <message>
        <source>Without a checksum, only the size of the file is checked.</source>
        <translation>Ohne Prüfsumme wird nur die Größe der Datei geprüft.</translation>
    </message>
</context>
<context>
    <name>Formatting</name>
    <message>
        <source>1 byte</source>
        <translation>1 Byte</translation>
    </message>
    <message>
        <source>1 day left</source>
        <translation>noch 1 Tag</translation>
    </message>
    <message>
        <source>1 download</source>
        <translation>1 Download</translation>
    </message>
    <message>
        <source>1 hour left</source>
        <translation>noch 1 Stunde</translation>
    </message>
    <message>
        <source>1 minute left</source>
        <translation>noch 1 Minute</translation>
    </message>
    <message>
        <source>1 second left</source>
        <translation>noch 1 Sekunde</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>Abgebrochen</translation>
    </message>
    <message>
        <source>Checking the file</source>
        <translation>Datei wird geprüft</translation>
    </message>
    <message>
        <source>Checksum</source>
        <translation>Prüfsumme</translation>
    </message>
    <message>
        <source>Completed</source>
        <translation>Fertig</translation>
    </message>
    <message>
        <source>Completed, checksum does not match</source>
        <translation>Fertig, Prüfsumme weicht ab</translation>
    </message>
    <message>
        <source>Completed, checksum verified</source>
        <translation>Fertig, Prüfsumme stimmt</translation>
    </message>
    <message>
        <source>Completed, size not confirmed</source>
        <translation>Fertig, Größe nicht bestätigt</translation>
    </message>
    <message>
        <source>Connecting</source>
        <translation>Verbindet</translation>
    </message>
    <message>
        <source>Downloading</source>
        <translation>Lädt</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Fehlgeschlagen</translation>
    </message>
    <message>
        <source>Failed: {reason}</source>
        <translation>Fehlgeschlagen: {reason}</translation>
    </message>
    <message>
        <source>GB</source>
        <translation>GB</translation>
    </message>
    <message>
        <source>Going on with mirror {number} of {count}</source>
        <translation>Weiter mit Spiegel {number} von {count}</translation>
    </message>
    <message>
        <source>High</source>
        <translation>Hoch</translation>
    </message>
    <message>
        <source>KB</source>
        <translation>kB</translation>
    </message>
    <message>
        <source>Low</source>
        <translation>Niedrig</translation>
    </message>
    <message>
        <source>MB</source>
        <translation>MB</translation>
    </message>
    <message>
        <source>Mirror {number} of {count}</source>
        <translation>Spiegel {number} von {count}</translation>
    </message>
    <message>
        <source>Mismatch</source>
        <translation>Abweichung</translation>
    </message>
    <message>
        <source>Normal</source>
        <translation>Normal</translation>
    </message>
    <message>
        <source>Not confirmed</source>
        <translation>Nicht bestätigt</translation>
    </message>
    <message>
        <source>Nothing to do</source>
        <translation>Nichts zu tun</translation>
    </message>
    <message>
        <source>PB</source>
        <translation>PB</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>Angehalten</translation>
    </message>
    <message>
        <source>Retrying in {time}</source>
        <translation>Neuer Versuch in {time}</translation>
    </message>
    <message>
        <source>Saving the file</source>
        <translation>Datei wird gespeichert</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>TB</source>
        <translation>TB</translation>
    </message>
    <message>
        <source>Urgent</source>
        <translation>Dringend</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>Wartet</translation>
    </message>
    <message>
        <source>Waiting for the network</source>
        <translation>Wartet auf das Netz</translation>
    </message>
    <message>
        <source>Waiting to retry</source>
        <translation>Wartet auf neuen Versuch</translation>
    </message>
    <message>
        <source>Waiting: 1 download from this host already</source>
        <translation>Wartet: schon 1 Download von diesem Server</translation>
    </message>
    <message>
        <source>Waiting: enough downloads from this host already</source>
        <translation>Wartet: schon genug Downloads von diesem Server</translation>
    </message>
    <message>
        <source>Waiting: the server asked for a pause</source>
        <translation>Wartet: Der Server bittet um eine Pause</translation>
    </message>
    <message>
        <source>Waiting: {count} downloads from this host already</source>
        <translation>Wartet: schon {count} Downloads von diesem Server</translation>
    </message>
    <message>
        <source>bytes</source>
        <translation>Byte</translation>
    </message>
    <message>
        <source>over 100 days</source>
        <translation>über 100 Tage</translation>
    </message>
    <message>
        <source>{amount}/s</source>
        <translation>{amount}/s</translation>
    </message>
    <message>
        <source>{number} active</source>
        <translation>{number} aktiv</translation>
    </message>
    <message>
        <source>{number} days left</source>
        <translation>noch {number} Tage</translation>
    </message>
    <message>
        <source>{number} downloads</source>
        <translation>{number} Downloads</translation>
    </message>
    <message>
        <source>{number} failed</source>
        <translation>{number} fehlgeschlagen</translation>
    </message>
    <message>
        <source>{number} hours left</source>
        <translation>noch {number} Stunden</translation>
    </message>
    <message>
        <source>{number} minutes left</source>
        <translation>noch {number} Minuten</translation>
    </message>
    <message>
        <source>{number} percent</source>
        <translation>{number} Prozent</translation>
    </message>
    <message>
        <source>{number} retrying</source>
        <translation>{number} vor neuem Versuch</translation>
    </message>
    <message>
        <source>{number} seconds left</source>
        <translation>noch {number} Sekunden</translation>
    </message>
    <message>
        <source>{number} waiting</source>
        <translation>{number} wartend</translation>
    </message>
    <message>
        <source>{number}&#xa0;%</source>
        <translation>{number}&#xa0;%</translation>
    </message>
    <message>
        <source>{number}&#xa0;d</source>
        <translation>{number}&#xa0;d</translation>
    </message>
    <message>
        <source>{number}&#xa0;h</source>
        <translation>{number}&#xa0;h</translation>
    </message>
    <message>
        <source>{number}&#xa0;min</source>
        <translation>{number}&#xa0;min</translation>
    </message>
    <message>
        <source>{number}&#xa0;s</source>
        <translation>{number}&#xa0;s</translation>
    </message>
    <message>
        <source>{when} ({count} of {limit})</source>
        <translation>{when} ({count} von {limit})</translation>
    </message>
</context>
<context>
    <name>FreeSpaceLabel</name>
    <message>
        <source>On the disk of {folder}</source>
        <translation>Auf dem Datenträger von {folder}</translation>
    </message>
    <message>
        <source>Only {size} free</source>
        <translation>Nur noch {size} frei</translation>
    </message>
    <message>
        <source>{size} free</source>
        <translation>{size} frei</translation>
    </message>
</context>
<context>
    <name>JobFacts</name>
    <message>
        <source>Added</source>
        <translation>Hinzugefügt</translation>
    </message>
    <message>
        <source>Attempts</source>
        <translation>Versuche</translation>
    </message>
    <message>
        <source>By its checksum</source>
        <translation>Durch die Prüfsumme</translation>
    </message>
    <message>
        <source>By its size</source>
        <translation>Durch die Größe</translation>
    </message>
    <message>
        <source>Downloaded</source>
        <translation>Geladen</translation>
    </message>
    <message>
        <source>Expected checksum</source>
        <translation>Erwartete Prüfsumme</translation>
    </message>
    <message>
        <source>Finished</source>
        <translation>Beendet</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Found checksum</source>
        <translation>Gefundene Prüfsumme</translation>
    </message>
    <message>
        <source>Id</source>
        <translation>Kennung</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>Led to</source>
        <translation>Führte zu</translation>
    </message>
    <message>
        <source>Link</source>
        <translation>Link</translation>
    </message>
    <message>
        <source>Mirror {number}</source>
        <translation>Spiegel {number}</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>No</source>
        <translation>Nein</translation>
    </message>
    <message>
        <source>No: its checksum is another one</source>
        <translation>Nein: Ihre Prüfsumme ist eine andere</translation>
    </message>
    <message>
        <source>No: the server did not tell its size</source>
        <translation>Nein: Der Server nannte die Größe nicht</translation>
    </message>
    <message>
        <source>Not known yet</source>
        <translation>Noch nicht bekannt</translation>
    </message>
    <message>
        <source>Priority</source>
        <translation>Priorität</translation>
    </message>
    <message>
        <source>Probably</source>
        <translation>Wahrscheinlich</translation>
    </message>
    <message>
        <source>Reason</source>
        <translation>Grund</translation>
    </message>
    <message>
        <source>Resumable</source>
        <translation>Fortsetzbar</translation>
    </message>
    <message>
        <source>Retries</source>
        <translation>Wiederholungen</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>Tempo</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>The same</source>
        <translation>Dieselbe</translation>
    </message>
    <message>
        <source>Time left</source>
        <translation>Restzeit</translation>
    </message>
    <message>
        <source>Verified</source>
        <translation>Geprüft</translation>
    </message>
    <message>
        <source>Yes</source>
        <translation>Ja</translation>
    </message>
    <message>
        <source>in use</source>
        <translation>in Gebrauch</translation>
    </message>
    <message>
        <source>not tried yet</source>
        <translation>noch nicht versucht</translation>
    </message>
    <message>
        <source>tried: {tries}, failed: {failures}</source>
        <translation>versucht: {tries}, gescheitert: {failures}</translation>
    </message>
    <message>
        <source>{count} of {limit}</source>
        <translation>{count} von {limit}</translation>
    </message>
    <message>
        <source>{count}, until it succeeds</source>
        <translation>{count}, bis es gelingt</translation>
    </message>
    <message>
        <source>{downloads}, {done} of {total}</source>
        <translation>{downloads}, {done} von {total}</translation>
    </message>
    <message>
        <source>{downloads}, {done} so far</source>
        <translation>{downloads}, bisher {done}</translation>
    </message>
    <message>
        <source>{number} active</source>
        <translation>{number} aktiv</translation>
    </message>
    <message>
        <source>{number} cancelled</source>
        <translation>{number} abgebrochen</translation>
    </message>
    <message>
        <source>{number} completed</source>
        <translation>{number} fertig</translation>
    </message>
    <message>
        <source>{number} failed</source>
        <translation>{number} fehlgeschlagen</translation>
    </message>
    <message>
        <source>{number} paused</source>
        <translation>{number} angehalten</translation>
    </message>
    <message>
        <source>{number} waiting</source>
        <translation>{number} wartend</translation>
    </message>
    <message>
        <source>{number} waiting to retry</source>
        <translation>{number} vor neuem Versuch</translation>
    </message>
    <message>
        <source>{size} ({number} bytes)</source>
        <translation>{size} ({number} Byte)</translation>
    </message>
</context>
<context>
    <name>JobRow</name>
    <message>
        <source>Added</source>
        <translation>Hinzugefügt</translation>
    </message>
    <message>
        <source>Downloaded</source>
        <translation>Geladen</translation>
    </message>
    <message>
        <source>Finished</source>
        <translation>Beendet</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Host</source>
        <translation>Server</translation>
    </message>
    <message>
        <source>Link</source>
        <translation>Link</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Priority</source>
        <translation>Priorität</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Retries</source>
        <translation>Wiederholungen</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>Tempo</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>Time left</source>
        <translation>Restzeit</translation>
    </message>
    <message>
        <source>Verification</source>
        <translation>Überprüfung</translation>
    </message>
    <message>
        <source>{number} bytes</source>
        <translation>{number} Byte</translation>
    </message>
</context>
<context>
    <name>JobTableView</name>
    <message>
        <source>Downloads</source>
        <translation>Downloads</translation>
    </message>
</context>
<context>
    <name>KeysDialog</name>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
</context>
<context>
    <name>LinkAdder</name>
    <message>
        <source>Added {downloads}.</source>
        <translation>{downloads} hinzugefügt.</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Files with links ({patterns})</source>
        <translation>Dateien mit Links ({patterns})</translation>
    </message>
    <message>
        <source>Import links</source>
        <translation>Links importieren</translation>
    </message>
    <message>
        <source>Metalinks ({patterns})</source>
        <translation>Metalinks ({patterns})</translation>
    </message>
    <message>
        <source>Shortcuts ({patterns})</source>
        <translation>Verknüpfungen ({patterns})</translation>
    </message>
    <message>
        <source>Text ({patterns})</source>
        <translation>Text ({patterns})</translation>
    </message>
    <message>
        <source>There is no link in these files.</source>
        <translation>In diesen Dateien ist kein Link.</translation>
    </message>
    <message>
        <source>There is no link in {name}.</source>
        <translation>In {name} ist kein Link.</translation>
    </message>
    <message>
        <source>There is no link on the clipboard.</source>
        <translation>In der Zwischenablage ist kein Link.</translation>
    </message>
    <message>
        <source>There was no link in what was dropped.</source>
        <translation>Im Abgelegten war kein Link.</translation>
    </message>
    <message>
        <source>Web pages ({patterns})</source>
        <translation>Webseiten ({patterns})</translation>
    </message>
    <message>
        <source>{name} is not a file with links.</source>
        <translation>{name} ist keine Datei mit Links.</translation>
    </message>
</context>
<context>
    <name>LinkDialog</name>
    <message>
        <source>&amp;Change link</source>
        <translation>Link &amp;ändern</translation>
    </message>
    <message>
        <source>&amp;Link to the same file</source>
        <translation>&amp;Link zur selben Datei</translation>
    </message>
    <message>
        <source>Edit link</source>
        <translation>Link ändern</translation>
    </message>
    <message>
        <source>If the new link leads to the very same file, the {size} downloaded so far are kept. If not, the download starts from the beginning.</source>
        <translation>Führt der neue Link zu genau derselben Datei, bleiben die bisher geladenen {size} erhalten. Sonst beginnt der Download von vorn.</translation>
    </message>
    <message>
        <source>The download then goes on with the new link.</source>
        <translation>Der Download geht dann mit dem neuen Link weiter.</translation>
    </message>
    <message>
        <source>The user name and password of this download are not given to another server. If it needs some, write https://name:password@server.</source>
        <translation>Benutzername und Passwort dieses Downloads werden keinem anderen Server gegeben. Braucht er welche, bitte https://name:passwort@server schreiben.</translation>
    </message>
</context>
<context>
    <name>ListPane</name>
    <message>
        <source>No download in “{group}” matches “{text}”.</source>
        <translation>Kein Download unter „{group}“ passt zu „{text}“.</translation>
    </message>
    <message>
        <source>No download matches “{text}”.</source>
        <translation>Kein Download passt zu „{text}“.</translation>
    </message>
    <message>
        <source>There is no download in “{group}”.</source>
        <translation>Unter „{group}“ ist kein Download.</translation>
    </message>
</context>
<context>
    <name>LoginDialog</name>
    <message>
        <source>&amp;Go on</source>
        <translation>&amp;Fortsetzen</translation>
    </message>
    <message>
        <source>&amp;Password</source>
        <translation>&amp;Passwort</translation>
    </message>
    <message>
        <source>&amp;User name</source>
        <translation>&amp;Benutzername</translation>
    </message>
    <message>
        <source>Enter password</source>
        <translation>Passwort eingeben</translation>
    </message>
    <message>
        <source>The link is not encrypted: whoever is on the way can read them.</source>
        <translation>Der Link ist nicht verschlüsselt: Unterwegs können andere mitlesen.</translation>
    </message>
    <message>
        <source>They are kept in the keyring, or in a file that only you can read, and sent to this server alone.</source>
        <translation>Sie werden im Schlüsselbund aufbewahrt oder in einer Datei, die sonst niemand lesen kann, und nur an diesen Server gesendet.</translation>
    </message>
    <message>
        <source>{host} wants a user name and a password.</source>
        <translation>{host} verlangt einen Benutzernamen und ein Passwort.</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>&amp;Columns</source>
        <translation>S&amp;palten</translation>
    </message>
    <message>
        <source>&amp;Downloads</source>
        <translation>D&amp;ownloads</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>&amp;Hilfe</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>Cancelled {downloads}.</source>
        <translation>{downloads} abgebrochen.</translation>
    </message>
    <message>
        <source>Copied the link.</source>
        <translation>Link kopiert.</translation>
    </message>
    <message>
        <source>Copied {number} links.</source>
        <translation>{number} Links kopiert.</translation>
    </message>
    <message>
        <source>Downloads continue. To end dlmanager, choose Quit in the File menu.</source>
        <translation>Die Downloads laufen weiter. Zum Beenden dient „Beenden“ im Menü „Datei“.</translation>
    </message>
    <message>
        <source>Fetching the web page of {downloads}.</source>
        <translation>Die Webseite von {downloads} wird geladen.</translation>
    </message>
    <message>
        <source>No browser opened. Copy the link and open it by hand.</source>
        <translation>Es öffnete sich kein Browser. Der Link lässt sich kopieren und von Hand öffnen.</translation>
    </message>
    <message>
        <source>Nothing is left to cancel.</source>
        <translation>Es gibt nichts mehr abzubrechen.</translation>
    </message>
    <message>
        <source>Paused {downloads}.</source>
        <translation>{downloads} angehalten.</translation>
    </message>
    <message>
        <source>Resumed {downloads}.</source>
        <translation>{downloads} fortgesetzt.</translation>
    </message>
    <message>
        <source>Starting {downloads} now.</source>
        <translation>Sofort gestartet: {downloads}.</translation>
    </message>
    <message>
        <source>The folder {folder} could not be opened.</source>
        <translation>Der Ordner {folder} ließ sich nicht öffnen.</translation>
    </message>
    <message>
        <source>Trying {downloads} again.</source>
        <translation>Neuer Versuch: {downloads}.</translation>
    </message>
</context>
<context>
    <name>NoHitsPage</name>
    <message>
        <source>Show &amp;all downloads</source>
        <translation>&amp;Alle Downloads anzeigen</translation>
    </message>
</context>
<context>
    <name>Notifications</name>
    <message>
        <source>1 download finished</source>
        <translation>1 Download ist fertig</translation>
    </message>
    <message>
        <source>Download failed</source>
        <translation>Download fehlgeschlagen</translation>
    </message>
    <message>
        <source>Download finished</source>
        <translation>Download fertig</translation>
    </message>
    <message>
        <source>Download paused</source>
        <translation>Download angehalten</translation>
    </message>
    <message>
        <source>Downloads continue. Click the icon to see them, or quit from its menu.</source>
        <translation>Die Downloads laufen weiter. Ein Klick auf das Symbol zeigt sie; beenden lässt sich dlmanager in seinem Menü.</translation>
    </message>
    <message>
        <source>Nothing is left to download</source>
        <translation>Nichts mehr zu laden</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>dlmanager goes on in the tray</source>
        <translation>dlmanager läuft im Infobereich weiter</translation>
    </message>
    <message>
        <source>{downloads} did not finish</source>
        <translation>{downloads} nicht fertig</translation>
    </message>
    <message>
        <source>{names} and {number} more</source>
        <translation>{names} und {number} weitere</translation>
    </message>
    <message>
        <source>{number} did not</source>
        <translation>{number} nicht</translation>
    </message>
    <message>
        <source>{number} downloads failed</source>
        <translation>{number} Downloads fehlgeschlagen</translation>
    </message>
    <message>
        <source>{number} downloads finished</source>
        <translation>{number} Downloads sind fertig</translation>
    </message>
    <message>
        <source>{number} downloads stopped</source>
        <translation>{number} Downloads unterbrochen</translation>
    </message>
</context>
<context>
    <name>Questions</name>
    <message>
        <source>&amp;Cancel</source>
        <translation>&amp;Nicht beenden</translation>
    </message>
    <message>
        <source>&amp;Cancel download</source>
        <translation>Download &amp;abbrechen</translation>
    </message>
    <message>
        <source>&amp;Cancel {downloads}</source>
        <translation>{downloads} &amp;abbrechen</translation>
    </message>
    <message>
        <source>&amp;Keep downloading</source>
        <translation>&amp;Weiter laden</translation>
    </message>
    <message>
        <source>&amp;Keep in the list</source>
        <translation>In der Liste &amp;behalten</translation>
    </message>
    <message>
        <source>&amp;Keep it</source>
        <translation>&amp;Behalten</translation>
    </message>
    <message>
        <source>&amp;Keep them</source>
        <translation>&amp;Behalten</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>&amp;Beenden</translation>
    </message>
    <message>
        <source>&amp;Remove</source>
        <translation>&amp;Entfernen</translation>
    </message>
    <message>
        <source>Cancel download</source>
        <translation>Download abbrechen</translation>
    </message>
    <message>
        <source>Cancel {what}?</source>
        <translation>{what} abbrechen?</translation>
    </message>
    <message>
        <source>Finished files stay.</source>
        <translation>Fertige Dateien bleiben.</translation>
    </message>
    <message>
        <source>Nothing is lost: they go on from there when dlmanager starts again.</source>
        <translation>Nichts geht verloren: Beim nächsten Start von dlmanager geht es von dort weiter.</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Quit and stop {downloads}?</source>
        <translation>Beenden und {downloads} unterbrechen?</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Remove {what} from the list?</source>
        <translation>{what} aus der Liste entfernen?</translation>
    </message>
    <message>
        <source>The {size} downloaded so far will be thrown away.</source>
        <translation>Die bisher geladenen {size} werden verworfen.</translation>
    </message>
    <message>
        <source>The {size} downloaded so far will be thrown away. To keep them, pause instead.</source>
        <translation>Die bisher geladenen {size} werden verworfen. Beim Anhalten bleiben sie erhalten.</translation>
    </message>
</context>
<context>
    <name>RowActions</name>
    <message>
        <source>Brought back {downloads}.</source>
        <translation>{downloads} zurückgeholt.</translation>
    </message>
    <message>
        <source>Changed the checksum.</source>
        <translation>Prüfsumme geändert.</translation>
    </message>
    <message>
        <source>Changed the link.</source>
        <translation>Der Link wurde geändert.</translation>
    </message>
    <message>
        <source>Downloading {name} again.</source>
        <translation>{name} wird noch einmal geladen.</translation>
    </message>
    <message>
        <source>Downloading {number} files again.</source>
        <translation>{number} Dateien werden noch einmal geladen.</translation>
    </message>
    <message>
        <source>Moved {downloads} in the queue.</source>
        <translation>In der Warteschlange verschoben: {downloads}.</translation>
    </message>
    <message>
        <source>Moved {name} to the trash.</source>
        <translation>{name} liegt jetzt im Papierkorb.</translation>
    </message>
    <message>
        <source>Moved {number} files to the trash.</source>
        <translation>{number} Dateien liegen jetzt im Papierkorb.</translation>
    </message>
    <message>
        <source>Nothing was moved: they are at that end already.</source>
        <translation>Nichts wurde verschoben: Weiter geht es in dieser Richtung nicht.</translation>
    </message>
    <message>
        <source>Priority of {downloads}: {priority}.</source>
        <translation>Priorität von {downloads}: {priority}.</translation>
    </message>
    <message>
        <source>Removed {downloads}.</source>
        <translation>{downloads} entfernt.</translation>
    </message>
    <message>
        <source>Rows can be dragged while the list is in the order of the queue.</source>
        <translation>Zeilen lassen sich ziehen, solange die Liste in der Reihenfolge der Warteschlange steht.</translation>
    </message>
    <message>
        <source>The files were not there any more. They are off the list now.</source>
        <translation>Die Dateien waren nicht mehr da. Sie stehen jetzt nicht mehr in der Liste.</translation>
    </message>
    <message>
        <source>{name} was not there any more. It is off the list now.</source>
        <translation>{name} war nicht mehr da. Die Datei steht jetzt nicht mehr in der Liste.</translation>
    </message>
    <message>
        <source>{problem} {number} files in all stayed where they are.</source>
        <translation>{problem} Insgesamt blieben {number} Dateien, wo sie sind.</translation>
    </message>
</context>
<context>
    <name>SearchField</name>
    <message>
        <source>Filter</source>
        <translation>Filtern</translation>
    </message>
    <message>
        <source>Filter name, link, folder</source>
        <translation>Name, Link, Ordner filtern</translation>
    </message>
</context>
<context>
    <name>Sentences</name>
    <message>
        <source>A checksum is made of the digits 0 to 9 and a to f; this is not: {text}</source>
        <translation>Eine Prüfsumme besteht aus den Ziffern 0 bis 9 und a bis f; dies nicht: {text}</translation>
    </message>
    <message>
        <source>A file may have {number} mirrors at most.</source>
        <translation>Eine Datei darf höchstens {number} Spiegel haben.</translation>
    </message>
    <message>
        <source>A file name cannot begin or end with a blank.</source>
        <translation>Ein Dateiname darf nicht mit einem Leerzeichen beginnen oder enden.</translation>
    </message>
    <message>
        <source>A file name cannot begin with a dot.</source>
        <translation>Ein Dateiname darf nicht mit einem Punkt beginnen.</translation>
    </message>
    <message>
        <source>A file name cannot begin with a hyphen.</source>
        <translation>Ein Dateiname darf nicht mit einem Bindestrich beginnen.</translation>
    </message>
    <message>
        <source>A file name cannot end with a dot.</source>
        <translation>Ein Dateiname darf nicht mit einem Punkt enden.</translation>
    </message>
    <message>
        <source>A file name cannot hold the character {character} anywhere.</source>
        <translation>Das Zeichen {character} darf in einem Dateinamen nicht vorkommen.</translation>
    </message>
    <message>
        <source>A list of checksums of more than {number} MB is not read.</source>
        <translation>Eine Liste von Prüfsummen mit mehr als {number} MB wird nicht gelesen.</translation>
    </message>
    <message>
        <source>A partial file belongs to no download: {names}. Delete it if you do not need it.</source>
        <translation>Eine Teildatei gehört zu keinem Download: {names}. Sie kann gelöscht werden, wenn sie nicht gebraucht wird.</translation>
    </message>
    <message>
        <source>A secure connection could not be made. Check that the link is right.</source>
        <translation>Eine sichere Verbindung kam nicht zustande. Bitte prüfen, ob der Link stimmt.</translation>
    </message>
    <message>
        <source>A server on the way did not answer in time (504). Try again later.</source>
        <translation>Ein Server auf dem Weg antwortete nicht rechtzeitig (504). Später klappt es vielleicht.</translation>
    </message>
    <message>
        <source>A {kind} checksum has {most} digits; this one has {number}.</source>
        <translation>Eine {kind}-Prüfsumme hat {most} Ziffern; diese hat {number}.</translation>
    </message>
    <message>
        <source>Add https:// in front of this link: {link}</source>
        <translation>Vor diesen Link gehört https://: {link}</translation>
    </message>
    <message>
        <source>Add the new link as a download of its own.</source>
        <translation>Bitte den neuen Link als eigenen Download hinzufügen.</translation>
    </message>
    <message>
        <source>Another dlmanager already works on this queue. Use its window, or end it.</source>
        <translation>Ein anderes dlmanager arbeitet schon an dieser Warteschlange. Bitte dessen Fenster benutzen oder es beenden.</translation>
    </message>
    <message>
        <source>Another line has another checksum for {name}.</source>
        <translation>Eine andere Zeile hat eine andere Prüfsumme für {name}.</translation>
    </message>
    <message>
        <source>Another process still writes this download&apos;s partial file. It goes on by itself.</source>
        <translation>Ein anderer Prozess schreibt noch an der Teildatei dieses Downloads. Es geht von selbst weiter.</translation>
    </message>
    <message>
        <source>Check where the checksum comes from.</source>
        <translation>Bitte prüfen, woher die Prüfsumme stammt.</translation>
    </message>
    <message>
        <source>Choose Checksum again to verify its file.</source>
        <translation>Zum Prüfen der Datei bitte noch einmal „Prüfsumme“ wählen.</translation>
    </message>
    <message>
        <source>Choose Open folder to delete it by hand.</source>
        <translation>Mit „Ordner öffnen“ lässt sich die Datei von Hand löschen.</translation>
    </message>
    <message>
        <source>Correct it if it is wrong, then choose Retry.</source>
        <translation>Ist sie falsch, bitte berichtigen, dann „Erneut versuchen“ wählen.</translation>
    </message>
    <message>
        <source>Edit its link, with name:password@ before the server.</source>
        <translation>Im Link gehören sie als name:passwort@ vor den Server.</translation>
    </message>
    <message>
        <source>Entry {number}</source>
        <translation>Eintrag {number}</translation>
    </message>
    <message>
        <source>Entry {number} ({name})</source>
        <translation>Eintrag {number} ({name})</translation>
    </message>
    <message>
        <source>Expected: {digits}.</source>
        <translation>Erwartet: {digits}.</translation>
    </message>
    <message>
        <source>File exists</source>
        <translation>Datei besteht schon</translation>
    </message>
    <message>
        <source>File name too long</source>
        <translation>Dateiname zu lang</translation>
    </message>
    <message>
        <source>Found: {digits}.</source>
        <translation>Gefunden: {digits}.</translation>
    </message>
    <message>
        <source>From here on this is no valid metalink.</source>
        <translation>Ab hier ist dies kein gültiger Metalink.</translation>
    </message>
    <message>
        <source>Give each link once.</source>
        <translation>Bitte jeden Link nur einmal angeben.</translation>
    </message>
    <message>
        <source>Input/output error</source>
        <translation>Ein-/Ausgabefehler</translation>
    </message>
    <message>
        <source>Install GNU wget 1.16 or newer, or choose another one in the settings.</source>
        <translation>Bitte GNU wget 1.16 oder neuer installieren oder in den Einstellungen ein anderes wählen.</translation>
    </message>
    <message>
        <source>Is a directory</source>
        <translation>Ist ein Ordner</translation>
    </message>
    <message>
        <source>It names no link.</source>
        <translation>Er nennt keinen Link.</translation>
    </message>
    <message>
        <source>Line {number}</source>
        <translation>Zeile {number}</translation>
    </message>
    <message>
        <source>More than {number} links cannot be added at once.</source>
        <translation>Mehr als {number} Links lassen sich nicht auf einmal hinzufügen.</translation>
    </message>
    <message>
        <source>No checksum of {name} is known. Give one to verify it.</source>
        <translation>Von {name} ist keine Prüfsumme bekannt. Zum Prüfen bitte eine angeben.</translation>
    </message>
    <message>
        <source>No folder was given to save to. Choose one.</source>
        <translation>Es fehlt ein Ordner zum Speichern. Bitte einen wählen.</translation>
    </message>
    <message>
        <source>No program is known that opens this kind of file. {name} is there: choose Open folder to see it.</source>
        <translation>Für diese Art von Datei ist kein Programm bekannt. {name} ist da: „Ordner öffnen“ zeigt die Datei.</translation>
    </message>
    <message>
        <source>No program is known that opens {ending} files. {name} is there: choose Open folder to see it.</source>
        <translation>Für Dateien mit {ending} ist kein Programm bekannt. {name} ist da: „Ordner öffnen“ zeigt die Datei.</translation>
    </message>
    <message>
        <source>No space left on device</source>
        <translation>Kein Platz mehr auf dem Gerät</translation>
    </message>
    <message>
        <source>No such file or directory</source>
        <translation>Datei oder Ordner nicht gefunden</translation>
    </message>
    <message>
        <source>Not a directory</source>
        <translation>Ist kein Ordner</translation>
    </message>
    <message>
        <source>Only http and https links can be downloaded, not {scheme}.</source>
        <translation>Nur Links mit http und https lassen sich laden, nicht {scheme}.</translation>
    </message>
    <message>
        <source>Operation not permitted</source>
        <translation>Vorgang nicht erlaubt</translation>
    </message>
    <message>
        <source>Other users of this computer may write in {folder}, where the queue is kept. Better: {command}</source>
        <translation>Andere Benutzer dieses Rechners dürfen in {folder} schreiben, wo die Warteschlange liegt. Besser: {command}</translation>
    </message>
    <message>
        <source>Permission denied</source>
        <translation>Keine Berechtigung</translation>
    </message>
    <message>
        <source>Read-only file system</source>
        <translation>Dateisystem nur lesbar</translation>
    </message>
    <message>
        <source>Set proxy to http://name:password@host:port.</source>
        <translation>Bitte den Proxy angeben als http://name:passwort@rechner:port.</translation>
    </message>
    <message>
        <source>Something went wrong inside dlmanager; the log tells more.</source>
        <translation>In dlmanager ging etwas schief; im Protokoll steht mehr.</translation>
    </message>
    <message>
        <source>Start dlmanager anew: it sets the file aside and puts the newest backup in its place.</source>
        <translation>Bitte dlmanager neu starten: Es legt die Datei beiseite und setzt die neueste Sicherung an ihre Stelle.</translation>
    </message>
    <message>
        <source>The backup of {date} was put in its place; what changed after it is not in the list.</source>
        <translation>An ihrer Stelle ist die Sicherung vom {date}; was danach geschah, steht nicht in der Liste.</translation>
    </message>
    <message>
        <source>The checksum is empty.</source>
        <translation>Die Prüfsumme ist leer.</translation>
    </message>
    <message>
        <source>The connection broke off. The next try goes on from there.</source>
        <translation>Die Verbindung brach ab. Der nächste Versuch macht dort weiter.</translation>
    </message>
    <message>
        <source>The data folder {folder} cannot be used ({reason}). Check that it exists and that you may write there.</source>
        <translation>Der Datenordner {folder} ist nicht verwendbar ({reason}). Bitte prüfen, ob es ihn gibt und ob dort geschrieben werden darf.</translation>
    </message>
    <message>
        <source>The database is damaged ({reason}).</source>
        <translation>Die Datenbank ist beschädigt ({reason}).</translation>
    </message>
    <message>
        <source>The database {path} cannot be opened. Check the folder&apos;s permissions.</source>
        <translation>Die Datenbank {path} lässt sich nicht öffnen. Bitte die Rechte des Ordners prüfen.</translation>
    </message>
    <message>
        <source>The database {path} cannot be used ({reason}).</source>
        <translation>Die Datenbank {path} ist nicht verwendbar ({reason}).</translation>
    </message>
    <message>
        <source>The database {path} cannot be written. Check the permissions of its folder.</source>
        <translation>In die Datenbank {path} lässt sich nicht schreiben. Bitte die Rechte ihres Ordners prüfen.</translation>
    </message>
    <message>
        <source>The database {path} is damaged and cannot be backed up. Quit dlmanager and start it again: it sets the file aside and puts the newest backup in its place.</source>
        <translation>Die Datenbank {path} ist beschädigt und lässt sich nicht sichern. Bitte dlmanager beenden und neu starten: Es legt die Datei beiseite und setzt die neueste Sicherung an ihre Stelle.</translation>
    </message>
    <message>
        <source>The database {path} is damaged.</source>
        <translation>Die Datenbank {path} ist beschädigt.</translation>
    </message>
    <message>
        <source>The database {path} is in use by another program. Close it and try again.</source>
        <translation>Die Datenbank {path} wird von einem anderen Programm benutzt. Bitte dieses schließen und erneut versuchen.</translation>
    </message>
    <message>
        <source>The database {path} is missing. Start dlmanager: it puts the newest backup in its place.</source>
        <translation>Die Datenbank {path} fehlt. Bitte dlmanager starten: Es setzt die neueste Sicherung an ihre Stelle.</translation>
    </message>
    <message>
        <source>The database {path} was damaged and was set aside as {name}.</source>
        <translation>Die Datenbank {path} war beschädigt und liegt nun beiseite als {name}.</translation>
    </message>
    <message>
        <source>The database {path} was deleted while it was in use. It was written anew.</source>
        <translation>Die Datenbank {path} wurde während der Benutzung gelöscht. Sie wurde neu geschrieben.</translation>
    </message>
    <message>
        <source>The database {path} was missing.</source>
        <translation>Die Datenbank {path} fehlte.</translation>
    </message>
    <message>
        <source>The database {path} was replaced by another file while it was in use. The queue&apos;s own was put back; the other one is now {name}.</source>
        <translation>Die Datenbank {path} wurde während der Benutzung durch eine andere Datei ersetzt. Die der Warteschlange ist wieder an ihrem Platz; die andere heißt jetzt {name}.</translation>
    </message>
    <message>
        <source>The database {path} was written by a newer dlmanager. Install that version, or choose another data folder.</source>
        <translation>Die Datenbank {path} stammt von einem neueren dlmanager. Bitte diese Version installieren oder einen anderen Datenordner wählen.</translation>
    </message>
    <message>
        <source>The disk cannot be used just now ({reason}).</source>
        <translation>Die Platte ist gerade nicht verwendbar ({reason}).</translation>
    </message>
    <message>
        <source>The disk is full. Make room, and the download goes on by itself.</source>
        <translation>Die Platte ist voll. Sobald Platz ist, geht der Download von selbst weiter.</translation>
    </message>
    <message>
        <source>The disk of {folder} is full. Make room, and the download goes on by itself.</source>
        <translation>Die Platte von {folder} ist voll. Sobald Platz ist, geht der Download von selbst weiter.</translation>
    </message>
    <message>
        <source>The disk that holds {path} is full or out of order. Free some space on it.</source>
        <translation>Die Platte von {path} ist voll oder gestört. Bitte dort Platz schaffen.</translation>
    </message>
    <message>
        <source>The disk that holds {path} is full. Free some space; a running queue then goes on.</source>
        <translation>Die Platte von {path} ist voll. Sobald Platz ist, geht die Warteschlange weiter.</translation>
    </message>
    <message>
        <source>The disk that holds {path} is out of order. Check it.</source>
        <translation>Die Platte von {path} ist gestört. Bitte prüfen.</translation>
    </message>
    <message>
        <source>The downloaded file vanished before it got its final name. Choose Retry to download it again.</source>
        <translation>Die geladene Datei verschwand, bevor sie ihren endgültigen Namen bekam. „Erneut versuchen“ lädt sie noch einmal.</translation>
    </message>
    <message>
        <source>The file came twice and does not match its {kind} checksum.</source>
        <translation>Die Datei kam zweimal und passt nicht zu ihrer {kind}-Prüfsumme.</translation>
    </message>
    <message>
        <source>The file could not be written. Check the target folder, or choose another one.</source>
        <translation>Die Datei ließ sich nicht schreiben. Bitte den Zielordner prüfen oder einen anderen wählen.</translation>
    </message>
    <message>
        <source>The file is too large for this disk. Choose a folder on another one.</source>
        <translation>Die Datei ist zu groß für diese Platte. Bitte einen Ordner auf einer anderen wählen.</translation>
    </message>
    <message>
        <source>The file name holds a character that cannot be seen. Type it anew.</source>
        <translation>Der Dateiname enthält ein unsichtbares Zeichen. Bitte neu eintippen.</translation>
    </message>
    <message>
        <source>The file name is too long by {number} bytes.</source>
        <translation>Der Dateiname ist um {number} Byte zu lang.</translation>
    </message>
    <message>
        <source>The file needs a name.</source>
        <translation>Die Datei braucht einen Namen.</translation>
    </message>
    <message>
        <source>The file on the server is not the one it was. The download starts anew.</source>
        <translation>Die Datei auf dem Server ist nicht mehr dieselbe. Der Download beginnt von vorn.</translation>
    </message>
    <message>
        <source>The file on the server keeps changing while it is fetched. Choose Retry later.</source>
        <translation>Die Datei auf dem Server ändert sich immer wieder, während sie geladen wird. Bitte später erneut versuchen.</translation>
    </message>
    <message>
        <source>The file on this server has another size than it should have. Check the link.</source>
        <translation>Die Datei auf diesem Server hat eine andere Größe, als sie haben sollte. Bitte den Link prüfen.</translation>
    </message>
    <message>
        <source>The file {path} cannot be read. Move it away; user names and passwords then have to be given again.</source>
        <translation>Die Datei {path} lässt sich nicht lesen. Bitte verschieben; Benutzernamen und Passwörter sind danach neu anzugeben.</translation>
    </message>
    <message>
        <source>The file {path} cannot be written ({reason}). Check that there is room, and that you may write to its folder.</source>
        <translation>In die Datei {path} lässt sich nicht schreiben ({reason}). Bitte prüfen, ob Platz ist und ob in ihren Ordner geschrieben werden darf.</translation>
    </message>
    <message>
        <source>The file {path} is not a database.</source>
        <translation>Die Datei {path} ist keine Datenbank.</translation>
    </message>
    <message>
        <source>The folder {folder} cannot be found. Choose another.</source>
        <translation>Der Ordner {folder} ist nicht zu finden. Bitte einen anderen wählen.</translation>
    </message>
    <message>
        <source>The folder {folder} cannot be made ({reason}).</source>
        <translation>Der Ordner {folder} lässt sich nicht anlegen ({reason}).</translation>
    </message>
    <message>
        <source>The folder {folder} cannot be written ({reason}). Check its permissions, or choose another data folder.</source>
        <translation>In den Ordner {folder} lässt sich nicht schreiben ({reason}). Bitte seine Rechte prüfen oder einen anderen Datenordner wählen.</translation>
    </message>
    <message>
        <source>The folder {folder} cannot be written ({reason}). Check that it exists and that you may write there, then choose Retry.</source>
        <translation>In den Ordner {folder} lässt sich nicht schreiben ({reason}). Bitte prüfen, ob es ihn gibt und ob dort geschrieben werden darf, und dann „Erneut versuchen“ wählen.</translation>
    </message>
    <message>
        <source>The folder {folder} does not exist. Create it, or choose another.</source>
        <translation>Den Ordner {folder} gibt es nicht. Bitte anlegen oder einen anderen wählen.</translation>
    </message>
    <message>
        <source>The folder {folder} is gone. Bring it back, then choose Retry.</source>
        <translation>Der Ordner {folder} ist fort. Bitte zurückholen und dann „Erneut versuchen“ wählen.</translation>
    </message>
    <message>
        <source>The folder {folder} is not yours alone. Remove it and try again.</source>
        <translation>Der Ordner {folder} gehört auch anderen. Bitte entfernen und erneut versuchen.</translation>
    </message>
    <message>
        <source>The keyring of this system gives no answer. Unlock it, then try again.</source>
        <translation>Der Schlüsselbund dieses Systems antwortet nicht. Bitte entsperren und erneut versuchen.</translation>
    </message>
    <message>
        <source>The name of the server was not found. Check the link and your connection.</source>
        <translation>Der Name des Servers wurde nicht gefunden. Bitte Link und Verbindung prüfen.</translation>
    </message>
    <message>
        <source>The name {host} was not found. Check the link and your connection.</source>
        <translation>Der Name {host} wurde nicht gefunden. Bitte Link und Verbindung prüfen.</translation>
    </message>
    <message>
        <source>The number of retries is 0 to {number}, or -1 to try until it succeeds.</source>
        <translation>Die Zahl der Wiederholungen liegt zwischen 0 und {number}; -1 heißt: bis es gelingt.</translation>
    </message>
    <message>
        <source>The page does not tell its own address, which this link is relative to: {link}</source>
        <translation>Die Seite nennt ihre eigene Adresse nicht, auf die sich dieser Link bezieht: {link}</translation>
    </message>
    <message>
        <source>The partial file was moved, deleted or replaced while it was being written. Choose Retry to start again.</source>
        <translation>Die Teildatei wurde beim Schreiben verschoben, gelöscht oder ersetzt. „Erneut versuchen“ beginnt von vorn.</translation>
    </message>
    <message>
        <source>The port of this link is not between 1 and 65535: {link}</source>
        <translation>Der Port dieses Links liegt nicht zwischen 1 und 65535: {link}</translation>
    </message>
    <message>
        <source>The proxy did not get a connection to the server. Try again later.</source>
        <translation>Der Proxy bekam keine Verbindung zum Server. Später klappt es vielleicht.</translation>
    </message>
    <message>
        <source>The proxy wants a valid user name and password (407).</source>
        <translation>Der Proxy verlangt Benutzernamen und Passwort (407).</translation>
    </message>
    <message>
        <source>The proxy wants a valid user name and password.</source>
        <translation>Der Proxy verlangt Benutzernamen und Passwort.</translation>
    </message>
    <message>
        <source>The queue was restored from a backup, and a file of this name is there already. Choose Resume to download it once more, or remove it from the list.</source>
        <translation>Die Warteschlange stammt aus einer Sicherung, und eine Datei dieses Namens ist schon da. „Fortsetzen“ lädt sie noch einmal; sonst bitte aus der Liste entfernen.</translation>
    </message>
    <message>
        <source>The same mirror is given twice.</source>
        <translation>Derselbe Spiegel ist zweimal angegeben.</translation>
    </message>
    <message>
        <source>The server answered without a file (204). Check the link.</source>
        <translation>Der Server antwortete ohne Datei (204). Bitte den Link prüfen.</translation>
    </message>
    <message>
        <source>The server answered without a file (205). Check the link.</source>
        <translation>Der Server antwortete ohne Datei (205). Bitte den Link prüfen.</translation>
    </message>
    <message>
        <source>The server asks us to slow down (429). Wait a while before trying again.</source>
        <translation>Der Server bittet um weniger Anfragen (429). Bitte vor dem nächsten Versuch etwas warten.</translation>
    </message>
    <message>
        <source>The server cannot be reached. Check your connection.</source>
        <translation>Der Server ist nicht erreichbar. Bitte die Verbindung prüfen.</translation>
    </message>
    <message>
        <source>The server cannot deliver this file ({status}).</source>
        <translation>Der Server kann diese Datei nicht liefern ({status}).</translation>
    </message>
    <message>
        <source>The server cannot do what is needed for this download (501).</source>
        <translation>Der Server kann nicht, was für diesen Download nötig ist (501).</translation>
    </message>
    <message>
        <source>The server closed the connection without an answer. Try again later.</source>
        <translation>Der Server schloss die Verbindung ohne Antwort. Später klappt es vielleicht.</translation>
    </message>
    <message>
        <source>The server contradicts itself about the size of this file. Try another link.</source>
        <translation>Der Server widerspricht sich bei der Größe dieser Datei. Vielleicht hilft ein anderer Link.</translation>
    </message>
    <message>
        <source>The server could not prove who it is: its certificate belongs to another server.</source>
        <translation>Der Server konnte sich nicht ausweisen: Sein Zertifikat gehört einem anderen Server.</translation>
    </message>
    <message>
        <source>The server could not prove who it is: its certificate has been revoked.</source>
        <translation>Der Server konnte sich nicht ausweisen: Sein Zertifikat wurde widerrufen.</translation>
    </message>
    <message>
        <source>The server could not prove who it is: its certificate has expired.</source>
        <translation>Der Server konnte sich nicht ausweisen: Sein Zertifikat ist abgelaufen.</translation>
    </message>
    <message>
        <source>The server could not prove who it is: its certificate is not from a known issuer.</source>
        <translation>Der Server konnte sich nicht ausweisen: Sein Zertifikat stammt von keinem bekannten Aussteller.</translation>
    </message>
    <message>
        <source>The server could not prove who it is: its certificate is not valid yet; check the clock of this computer.</source>
        <translation>Der Server konnte sich nicht ausweisen: Sein Zertifikat gilt noch nicht; bitte die Uhr dieses Rechners prüfen.</translation>
    </message>
    <message>
        <source>The server did not answer in full in time. Try again later.</source>
        <translation>Der Server antwortete nicht rechtzeitig vollständig. Später klappt es vielleicht.</translation>
    </message>
    <message>
        <source>The server did not answer in time. Try again later.</source>
        <translation>Der Server antwortete nicht rechtzeitig. Später klappt es vielleicht.</translation>
    </message>
    <message>
        <source>The server did not go on where the download had stopped. The download starts anew.</source>
        <translation>Der Server machte nicht dort weiter, wo der Download stand. Der Download beginnt von vorn.</translation>
    </message>
    <message>
        <source>The server does not allow this download (403). You may have to log in there first.</source>
        <translation>Der Server erlaubt diesen Download nicht (403). Vielleicht ist dort erst eine Anmeldung nötig.</translation>
    </message>
    <message>
        <source>The server does not speak HTTP. Check the link.</source>
        <translation>Der Server spricht kein HTTP. Bitte den Link prüfen.</translation>
    </message>
    <message>
        <source>The server does not understand this link (400). Check the link.</source>
        <translation>Der Server versteht diesen Link nicht (400). Bitte den Link prüfen.</translation>
    </message>
    <message>
        <source>The server ended before the file was complete. The next try goes on from there.</source>
        <translation>Der Server hörte auf, bevor die Datei vollständig war. Der nächste Versuch macht dort weiter.</translation>
    </message>
    <message>
        <source>The server gave an answer that is not a file ({status}). Check the link.</source>
        <translation>Die Antwort des Servers ist keine Datei ({status}). Bitte den Link prüfen.</translation>
    </message>
    <message>
        <source>The server has a problem of its own ({status}). Try again later.</source>
        <translation>Der Server hat selbst eine Störung ({status}). Später klappt es vielleicht.</translation>
    </message>
    <message>
        <source>The server is overloaded or being repaired (503). Try again later.</source>
        <translation>Der Server ist überlastet oder wird gewartet (503). Später klappt es vielleicht.</translation>
    </message>
    <message>
        <source>The server may not give out this file for legal reasons (451).</source>
        <translation>Der Server darf diese Datei aus rechtlichen Gründen nicht herausgeben (451).</translation>
    </message>
    <message>
        <source>The server name of this link is not a valid one: {link}</source>
        <translation>Der Servername in diesem Link ist nicht gültig: {link}</translation>
    </message>
    <message>
        <source>The server offers several files instead of one (300). Open the link in a browser.</source>
        <translation>Der Server bietet mehrere Dateien statt einer an (300). Bitte den Link im Browser öffnen.</translation>
    </message>
    <message>
        <source>The server redirects again and again. Open the link in a browser.</source>
        <translation>Der Server leitet immer wieder weiter. Bitte den Link im Browser öffnen.</translation>
    </message>
    <message>
        <source>The server redirects to something that is not a link. Check the link.</source>
        <translation>Der Server leitet zu etwas weiter, das kein Link ist. Bitte den Link prüfen.</translation>
    </message>
    <message>
        <source>The server redirects to {scheme}:, which cannot be downloaded.</source>
        <translation>Der Server leitet zu {scheme}: weiter, das sich nicht laden lässt.</translation>
    </message>
    <message>
        <source>The server redirects without saying where to. Check the link.</source>
        <translation>Der Server leitet weiter, ohne zu sagen, wohin. Bitte den Link prüfen.</translation>
    </message>
    <message>
        <source>The server refused the connection. Try again later.</source>
        <translation>Der Server lehnte die Verbindung ab. Später klappt es vielleicht.</translation>
    </message>
    <message>
        <source>The server refuses a range that was not asked for (416). Try again later.</source>
        <translation>Der Server verweigert einen Bereich, der nicht verlangt war (416). Später klappt es vielleicht.</translation>
    </message>
    <message>
        <source>The server refuses this download ({status}).</source>
        <translation>Der Server verweigert diesen Download ({status}).</translation>
    </message>
    <message>
        <source>The server says this file does not exist (404). Check the link.</source>
        <translation>Der Server sagt, dass es diese Datei nicht gibt (404). Bitte den Link prüfen.</translation>
    </message>
    <message>
        <source>The server says this file is gone for good (410). Look for another link.</source>
        <translation>Der Server sagt, dass diese Datei endgültig fort ist (410). Bitte nach einem anderen Link suchen.</translation>
    </message>
    <message>
        <source>The server sent a piece of the file that was not asked for. Try again later.</source>
        <translation>Der Server schickte ein Stück der Datei, das nicht verlangt war. Später klappt es vielleicht.</translation>
    </message>
    <message>
        <source>The server sent a web page instead of the file; you may have to log in there first. Open it in a browser, or keep the page.</source>
        <translation>Der Server schickte eine Webseite statt der Datei; vielleicht ist dort erst eine Anmeldung nötig. Im Browser öffnen oder die Webseite behalten.</translation>
    </message>
    <message>
        <source>The server sent next to nothing for a while. The next try goes on from there.</source>
        <translation>Der Server schickte eine Weile fast nichts. Der nächste Versuch macht dort weiter.</translation>
    </message>
    <message>
        <source>The server stopped sending. The next try goes on from there.</source>
        <translation>Der Server schickte nichts mehr. Der nächste Versuch macht dort weiter.</translation>
    </message>
    <message>
        <source>The server waited too long for our request (408). It is worth another try.</source>
        <translation>Der Server wartete zu lange auf die Anfrage (408). Ein neuer Versuch lohnt sich.</translation>
    </message>
    <message>
        <source>The server wants a valid user name and password (401).</source>
        <translation>Der Server verlangt Benutzernamen und Passwort (401).</translation>
    </message>
    <message>
        <source>The server wants a valid user name and password.</source>
        <translation>Der Server verlangt Benutzernamen und Passwort.</translation>
    </message>
    <message>
        <source>The settings in {path} cannot be used ({reason}). Correct the file or move it away.</source>
        <translation>Die Einstellungen in {path} sind nicht verwendbar ({reason}). Bitte die Datei berichtigen oder verschieben.</translation>
    </message>
    <message>
        <source>The settings in {path} cannot be written ({reason}). Check that you may write to its folder.</source>
        <translation>Die Einstellungen in {path} lassen sich nicht speichern ({reason}). Bitte prüfen, ob in den Ordner geschrieben werden darf.</translation>
    </message>
    <message>
        <source>The step of {range} is 0. Count by 1 or more.</source>
        <translation>Die Schrittweite von {range} ist 0. Sie muss mindestens 1 sein.</translation>
    </message>
    <message>
        <source>The target folder cannot be written to. Choose another one.</source>
        <translation>In den Zielordner lässt sich nicht schreiben. Bitte einen anderen wählen.</translation>
    </message>
    <message>
        <source>The target folder does not exist any more. Create it, or choose another one.</source>
        <translation>Den Zielordner gibt es nicht mehr. Bitte anlegen oder einen anderen wählen.</translation>
    </message>
    <message>
        <source>The user name and password of this download are no longer kept. Add the link again with them in it.</source>
        <translation>Benutzername und Passwort dieses Downloads sind nicht mehr gespeichert. Bitte den Link mit beiden darin noch einmal hinzufügen.</translation>
    </message>
    <message>
        <source>The user name or password in this link holds a line break, which no server takes.</source>
        <translation>Der Benutzername oder das Passwort in diesem Link enthält einen Zeilenumbruch, den kein Server annimmt.</translation>
    </message>
    <message>
        <source>Then choose Retry.</source>
        <translation>Danach bitte „Erneut versuchen“ wählen.</translation>
    </message>
    <message>
        <source>There is more than {number} MB in {name}. Split it into several files.</source>
        <translation>In {name} sind mehr als {number} MB. Bitte auf mehrere Dateien verteilen.</translation>
    </message>
    <message>
        <source>There is no backup to put in its place, so the queue begins anew.</source>
        <translation>Es gibt keine Sicherung für ihre Stelle, also beginnt die Warteschlange von vorn.</translation>
    </message>
    <message>
        <source>There is no link. Give one that begins with https://.</source>
        <translation>Hier fehlt ein Link. Er beginnt mit https://.</translation>
    </message>
    <message>
        <source>There is no setting {name}. The settings are: {names}.</source>
        <translation>Die Einstellung {name} gibt es nicht. Es gibt: {names}.</translation>
    </message>
    <message>
        <source>This checksum has {number} digits. MD5 has 32, SHA-1 has 40, SHA-256 has 64, and SHA-512 has 128.</source>
        <translation>Diese Prüfsumme hat {number} Ziffern. MD5 hat 32, SHA-1 hat 40, SHA-256 hat 64 und SHA-512 hat 128.</translation>
    </message>
    <message>
        <source>This desktop entry is a link, but names no URL.</source>
        <translation>Dieser Desktop-Eintrag ist ein Link, nennt aber keine URL.</translation>
    </message>
    <message>
        <source>This desktop entry is no link, but starts a program or is broken.</source>
        <translation>Dieser Desktop-Eintrag ist kein Link, sondern startet ein Programm oder ist kaputt.</translation>
    </message>
    <message>
        <source>This download is finished by now.</source>
        <translation>Dieser Download ist inzwischen fertig.</translation>
    </message>
    <message>
        <source>This download is finished, so its link cannot be changed any more.</source>
        <translation>Dieser Download ist fertig; sein Link lässt sich nicht mehr ändern.</translation>
    </message>
    <message>
        <source>This download is not in the list any more.</source>
        <translation>Dieser Download steht nicht mehr in der Liste.</translation>
    </message>
    <message>
        <source>This file has a document type, which no metalink may have.</source>
        <translation>Diese Datei hat einen Dokumenttyp, den kein Metalink haben darf.</translation>
    </message>
    <message>
        <source>This is an option and not a link: {link}</source>
        <translation>Dies ist eine Option und kein Link: {link}</translation>
    </message>
    <message>
        <source>This is no internet shortcut: it names no URL.</source>
        <translation>Dies ist keine Internetverknüpfung: Sie nennt keine URL.</translation>
    </message>
    <message>
        <source>This is no metalink: it begins as something else.</source>
        <translation>Dies ist kein Metalink: Der Anfang ist ein anderer.</translation>
    </message>
    <message>
        <source>This is not a link: {link}</source>
        <translation>Dies ist kein Link: {link}</translation>
    </message>
    <message>
        <source>This line names no file.</source>
        <translation>Diese Zeile nennt keine Datei.</translation>
    </message>
    <message>
        <source>This link has a backslash in it, which links cannot: {link}</source>
        <translation>In diesem Link ist ein umgekehrter Schrägstrich, der in Links nicht vorkommt: {link}</translation>
    </message>
    <message>
        <source>This link has a blank in it. If it belongs there, write %20 instead: {link}</source>
        <translation>In diesem Link ist ein Leerzeichen. Gehört es dorthin, bitte stattdessen %20 schreiben: {link}</translation>
    </message>
    <message>
        <source>This link holds a line break or another control character: {link}</source>
        <translation>Dieser Link enthält einen Zeilenumbruch oder ein anderes Steuerzeichen: {link}</translation>
    </message>
    <message>
        <source>This link is too long: more than {number} characters.</source>
        <translation>Dieser Link ist zu lang: mehr als {number} Zeichen.</translation>
    </message>
    <message>
        <source>This link names no server: {link}</source>
        <translation>Dieser Link nennt keinen Server: {link}</translation>
    </message>
    <message>
        <source>This list has no checksum of {name}.</source>
        <translation>In dieser Liste steht keine Prüfsumme von {name}.</translation>
    </message>
    <message>
        <source>This mirror was too slow.</source>
        <translation>Dieser Spiegel war zu langsam.</translation>
    </message>
    <message>
        <source>This network wants you to log in first (511). Open a browser to do so.</source>
        <translation>Dieses Netz verlangt erst eine Anmeldung (511). Sie geht im Browser.</translation>
    </message>
    <message>
        <source>This stands for {number} links, and {most} is the most for one line. Split it into several lines.</source>
        <translation>Dies steht für {number} Links, und mehr als {most} gehen nicht in eine Zeile. Bitte auf mehrere Zeilen verteilen.</translation>
    </message>
    <message>
        <source>Two slashes are missing after {scheme}: in this link: {link}</source>
        <translation>Nach {scheme}: fehlen zwei Schrägstriche in diesem Link: {link}</translation>
    </message>
    <message>
        <source>Until then downloads go to {folder}.</source>
        <translation>Bis dahin kommen Downloads nach {folder}.</translation>
    </message>
    <message>
        <source>Until then the defaults count.</source>
        <translation>Bis dahin gelten die Standardwerte.</translation>
    </message>
    <message>
        <source>What came from this mirror does not match the {kind} checksum.</source>
        <translation>Was von diesem Spiegel kam, passt nicht zur {kind}-Prüfsumme.</translation>
    </message>
    <message>
        <source>You may not write to the folder {folder}. Choose another.</source>
        <translation>In den Ordner {folder} darf nicht geschrieben werden. Bitte einen anderen wählen.</translation>
    </message>
    <message>
        <source>Your links were added to it.</source>
        <translation>Die Links wurden dort hinzugefügt.</translation>
    </message>
    <message>
        <source>Your share of the disk is used up. Make room, and the download goes on by itself.</source>
        <translation>Der eigene Anteil an der Platte ist aufgebraucht. Sobald Platz ist, geht der Download von selbst weiter.</translation>
    </message>
    <message>
        <source>dlmanager ended three times while it worked on this download. Resume it when you are ready.</source>
        <translation>dlmanager endete dreimal, während es an diesem Download arbeitete. „Fortsetzen“ macht weiter, wenn es so weit ist.</translation>
    </message>
    <message>
        <source>dlmanager ended unexpectedly during this download, and no retry was left. Choose Retry to go on from where it stopped.</source>
        <translation>dlmanager endete unerwartet während dieses Downloads, und keine Wiederholung war mehr übrig. „Erneut versuchen“ macht dort weiter.</translation>
    </message>
    <message>
        <source>proxy is http://[user:password@]host:port, and nothing after that.</source>
        <translation>Der Proxy wird als http://[Benutzer:Passwort@]Rechner:Port angegeben, ohne etwas dahinter.</translation>
    </message>
    <message>
        <source>proxy is http://[user:password@]host:port.</source>
        <translation>Der Proxy wird als http://[Benutzer:Passwort@]Rechner:Port angegeben.</translation>
    </message>
    <message>
        <source>wget cannot use this link. Check it.</source>
        <translation>wget kann mit diesem Link nichts anfangen. Bitte prüfen.</translation>
    </message>
    <message>
        <source>wget could not be started ({reason}). Check the setting wget_executable_path.</source>
        <translation>wget ließ sich nicht starten ({reason}). Bitte die Einstellung wget_executable_path prüfen.</translation>
    </message>
    <message>
        <source>wget could not be started. Check the path to wget in the settings.</source>
        <translation>wget ließ sich nicht starten. Bitte den Pfad zu wget in den Einstellungen prüfen.</translation>
    </message>
    <message>
        <source>wget did not accept its arguments. Install GNU wget 1.16 or newer.</source>
        <translation>wget nahm seine Argumente nicht an. Bitte GNU wget 1.16 oder neuer installieren.</translation>
    </message>
    <message>
        <source>wget ended with the code {code}. Try again.</source>
        <translation>wget endete mit dem Code {code}. Ein neuer Versuch hilft vielleicht.</translation>
    </message>
    <message>
        <source>wget ended without asking any server. Check the link.</source>
        <translation>wget endete, ohne einen Server zu fragen. Bitte den Link prüfen.</translation>
    </message>
    <message>
        <source>wget was ended by the system (signal {signal}). Memory may have run out.</source>
        <translation>wget wurde vom System beendet (Signal {signal}). Vielleicht war der Speicher knapp.</translation>
    </message>
    <message>
        <source>wget was not found at {path}. Install it there, or correct the setting wget_executable_path and start again.</source>
        <translation>wget wurde unter {path} nicht gefunden. Bitte dort installieren oder die Einstellung wget_executable_path berichtigen und neu starten.</translation>
    </message>
    <message>
        <source>wget was not found on this computer. Install it (for example: apt install wget), or set wget_executable_path.</source>
        <translation>wget wurde auf diesem Rechner nicht gefunden. Bitte installieren (zum Beispiel: apt install wget) oder wget_executable_path einstellen.</translation>
    </message>
    <message>
        <source>{extension} is no file extension. Write it like zip or tar.gz.</source>
        <translation>{extension} ist keine Dateiendung. Bitte schreiben wie zip oder tar.gz.</translation>
    </message>
    <message>
        <source>{folder} is not a folder. Choose a folder to save to.</source>
        <translation>{folder} ist kein Ordner. Bitte einen Ordner zum Speichern wählen.</translation>
    </message>
    <message>
        <source>{name} could not be moved to the trash, and was not deleted.</source>
        <translation>{name} ließ sich nicht in den Papierkorb verschieben und wurde nicht gelöscht.</translation>
    </message>
    <message>
        <source>{name} is a folder now, and was not deleted.</source>
        <translation>{name} ist jetzt ein Ordner und wurde nicht gelöscht.</translation>
    </message>
    <message>
        <source>{name} is a reserved name. Choose another one.</source>
        <translation>{name} ist ein reservierter Name. Bitte einen anderen wählen.</translation>
    </message>
    <message>
        <source>{name} is a text, not {value}.</source>
        <translation>{name} ist ein Text, nicht {value}.</translation>
    </message>
    <message>
        <source>{name} is a whole number, not {value}.</source>
        <translation>{name} ist eine ganze Zahl, nicht {value}.</translation>
    </message>
    <message>
        <source>{name} is between {least} and {most}, not {value}.</source>
        <translation>{name} liegt zwischen {least} und {most}, nicht {value}.</translation>
    </message>
    <message>
        <source>{name} is not finished, so there is no file to verify yet.</source>
        <translation>{name} ist nicht fertig; noch gibt es keine Datei, die geprüft werden kann.</translation>
    </message>
    <message>
        <source>{name} is not there any more. It may have been moved or deleted.</source>
        <translation>{name} ist nicht mehr da, vielleicht verschoben oder gelöscht.</translation>
    </message>
    <message>
        <source>{name} is one of {choices}, not {value}.</source>
        <translation>{name} ist eines von {choices}, nicht {value}.</translation>
    </message>
    <message>
        <source>{name} is true or false, not {value}.</source>
        <translation>{name} ist true oder false, nicht {value}.</translation>
    </message>
    <message>
        <source>{name} may not hold line breaks or control characters.</source>
        <translation>{name} darf keine Zeilenumbrüche oder Steuerzeichen enthalten.</translation>
    </message>
    <message>
        <source>{number} partial files belong to no download: {names} and {more} more. Delete those that you do not need.</source>
        <translation>{number} Teildateien gehören zu keinem Download: {names} und {more} weitere. Was nicht gebraucht wird, kann gelöscht werden.</translation>
    </message>
    <message>
        <source>{number} partial files belong to no download: {names}. Delete those that you do not need.</source>
        <translation>{number} Teildateien gehören zu keinem Download: {names}. Was nicht gebraucht wird, kann gelöscht werden.</translation>
    </message>
    <message>
        <source>{path} cannot be read ({reason}).</source>
        <translation>{path} lässt sich nicht lesen ({reason}).</translation>
    </message>
    <message>
        <source>{path} does not run as GNU wget should. Install GNU wget, or correct the setting wget_executable_path.</source>
        <translation>{path} läuft nicht, wie GNU wget es sollte. Bitte GNU wget installieren oder die Einstellung wget_executable_path berichtigen.</translation>
    </message>
    <message>
        <source>{path} is not GNU wget.</source>
        <translation>{path} ist nicht GNU wget.</translation>
    </message>
    <message>
        <source>{path} is not a file that can be read.</source>
        <translation>{path} ist keine lesbare Datei.</translation>
    </message>
    <message>
        <source>{path} is the small wget of BusyBox.</source>
        <translation>{path} ist das kleine wget von BusyBox.</translation>
    </message>
    <message>
        <source>{path} is version {version}, which is too old.</source>
        <translation>{path} ist Version {version} und damit zu alt.</translation>
    </message>
    <message>
        <source>{path} is wget2, which works differently.</source>
        <translation>{path} ist wget2, das anders arbeitet.</translation>
    </message>
    <message>
        <source>{path} may not be executed. Correct its permissions, or the setting wget_executable_path and start again.</source>
        <translation>{path} darf nicht ausgeführt werden. Bitte die Rechte oder die Einstellung wget_executable_path berichtigen und neu starten.</translation>
    </message>
    <message>
        <source>{word} is no kind of checksum that can be checked here. These can: MD5, SHA-1, SHA-256, SHA-512, BLAKE2b.</source>
        <translation>{word} ist keine Art von Prüfsumme, die hier geprüft werden kann. Diese können es: MD5, SHA-1, SHA-256, SHA-512, BLAKE2b.</translation>
    </message>
</context>
<context>
    <name>SettingWords</name>
    <message>
        <source>Install GNU wget 1.16 or newer, or choose another program.</source>
        <translation>Bitte GNU wget 1.16 oder neuer installieren oder ein anderes Programm wählen.</translation>
    </message>
    <message>
        <source>There is no program {path}. Choose another one.</source>
        <translation>Es gibt kein Programm {path}. Bitte ein anderes wählen.</translation>
    </message>
    <message>
        <source>Write the proxy as http://host:port, or http://name:password@host:port.</source>
        <translation>Ein Proxy wird so geschrieben: http://Rechner:Port oder http://Name:Passwort@Rechner:Port.</translation>
    </message>
    <message>
        <source>wget was not found on this computer. Install it (for example: apt install wget), or choose it here.</source>
        <translation>wget wurde auf diesem Rechner nicht gefunden. Bitte installieren (zum Beispiel: apt install wget) oder hier wählen.</translation>
    </message>
    <message>
        <source>{path} does not run as GNU wget should. Choose another program.</source>
        <translation>{path} läuft nicht, wie GNU wget es sollte. Bitte ein anderes Programm wählen.</translation>
    </message>
    <message>
        <source>{path} may not be executed. Choose another program.</source>
        <translation>{path} darf nicht ausgeführt werden. Bitte ein anderes Programm wählen.</translation>
    </message>
</context>
<context>
    <name>Settings</name>
    <message>
        <source>A download failed</source>
        <translation>Ein Download ist fehlgeschlagen</translation>
    </message>
    <message>
        <source>A download is finished</source>
        <translation>Ein Download ist fertig</translation>
    </message>
    <message>
        <source>Advanced</source>
        <translation>Erweitert</translation>
    </message>
    <message>
        <source>Appearance</source>
        <translation>Aussehen</translation>
    </message>
    <message>
        <source>Archives</source>
        <translation>Archive</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Categories</source>
        <translation>Kategorien</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>Farben</translation>
    </message>
    <message>
        <source>Comfortable</source>
        <translation>Bequem</translation>
    </message>
    <message>
        <source>Compact</source>
        <translation>Kompakt</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Documents</source>
        <translation>Dokumente</translation>
    </message>
    <message>
        <source>Download to</source>
        <translation>Speichern unter</translation>
    </message>
    <message>
        <source>Downloads</source>
        <translation>Downloads</translation>
    </message>
    <message>
        <source>Downloads at once</source>
        <translation>Downloads zugleich</translation>
    </message>
    <message>
        <source>First retry after</source>
        <translation>Erste Wiederholung nach</translation>
    </message>
    <message>
        <source>From one host at once</source>
        <translation>Von einem Server zugleich</translation>
    </message>
    <message>
        <source>GNU wget</source>
        <translation>GNU wget</translation>
    </message>
    <message>
        <source>General</source>
        <translation>Allgemein</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>Keep downloading in the tray when the window is closed</source>
        <translation>Bei geschlossenem Fenster im Infobereich weiter laden</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Look for changes every</source>
        <translation>Nach Änderungen sehen alle</translation>
    </message>
    <message>
        <source>Lower priorities wait</source>
        <translation>Niedrigere Prioritäten warten</translation>
    </message>
    <message>
        <source>May be slower for</source>
        <translation>Darf langsamer sein für</translation>
    </message>
    <message>
        <source>Music</source>
        <translation>Musik</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>Netz</translation>
    </message>
    <message>
        <source>No proxy for</source>
        <translation>Kein Proxy für</translation>
    </message>
    <message>
        <source>Notifications and tray</source>
        <translation>Benachrichtigungen und Infobereich</translation>
    </message>
    <message>
        <source>Programs</source>
        <translation>Programme</translation>
    </message>
    <message>
        <source>Proxy</source>
        <translation>Proxy</translation>
    </message>
    <message>
        <source>Queue and retries</source>
        <translation>Warteschlange und Wiederholungen</translation>
    </message>
    <message>
        <source>Retries</source>
        <translation>Wiederholungen</translation>
    </message>
    <message>
        <source>Rows</source>
        <translation>Zeilen</translation>
    </message>
    <message>
        <source>Save progress every</source>
        <translation>Fortschritt speichern alle</translation>
    </message>
    <message>
        <source>Slowest speed</source>
        <translation>Kleinstes Tempo</translation>
    </message>
    <message>
        <source>The queue is finished</source>
        <translation>Die Warteschlange ist fertig</translation>
    </message>
    <message>
        <source>Video</source>
        <translation>Video</translation>
    </message>
    <message>
        <source>Wait for an answer</source>
        <translation>Auf Antwort warten</translation>
    </message>
    <message>
        <source>a download that is slower than this for too long is tried again</source>
        <translation>ein Download, der zu lange langsamer ist, wird erneut versucht</translation>
    </message>
    <message>
        <source>after so long without a slot, a download of a lower priority gets the next one</source>
        <translation>nach so langer Zeit ohne freien Platz bekommt ein Download niedrigerer Priorität den nächsten</translation>
    </message>
    <message>
        <source>all downloads go through it: http://[user:password@]host:port; empty: none</source>
        <translation>alle Downloads laufen darüber: http://[Benutzer:Passwort@]Rechner:Port; leer: keiner</translation>
    </message>
    <message>
        <source>any</source>
        <translation>beliebig</translation>
    </message>
    <message>
        <source>any number</source>
        <translation>beliebig viele</translation>
    </message>
    <message>
        <source>bytes/s</source>
        <translation>Byte/s</translation>
    </message>
    <message>
        <source>closing the window leaves downloads running in the tray, where there is one</source>
        <translation>nach dem Schließen des Fensters laufen Downloads im Infobereich weiter, wenn es einen gibt</translation>
    </message>
    <message>
        <source>colours of the window: those of the system, light or dark</source>
        <translation>Farben des Fensters: die des Systems, hell oder dunkel</translation>
    </message>
    <message>
        <source>downloads</source>
        <translation>Downloads</translation>
    </message>
    <message>
        <source>file extensions of the category Archives</source>
        <translation>Dateiendungen der Kategorie Archive</translation>
    </message>
    <message>
        <source>file extensions of the category Documents</source>
        <translation>Dateiendungen der Kategorie Dokumente</translation>
    </message>
    <message>
        <source>file extensions of the category Images</source>
        <translation>Dateiendungen der Kategorie Bilder</translation>
    </message>
    <message>
        <source>file extensions of the category Music</source>
        <translation>Dateiendungen der Kategorie Musik</translation>
    </message>
    <message>
        <source>file extensions of the category Programs</source>
        <translation>Dateiendungen der Kategorie Programme</translation>
    </message>
    <message>
        <source>file extensions of the category Video</source>
        <translation>Dateiendungen der Kategorie Video</translation>
    </message>
    <message>
        <source>for ever</source>
        <translation>unbegrenzt</translation>
    </message>
    <message>
        <source>height of the rows: comfortable or compact</source>
        <translation>Höhe der Zeilen: bequem oder kompakt</translation>
    </message>
    <message>
        <source>hosts and domains that the proxy is not asked for, separated by commas</source>
        <translation>Rechner und Domains, für die der Proxy nicht gefragt wird, durch Kommas getrennt</translation>
    </message>
    <message>
        <source>how long a download may be slower than that</source>
        <translation>wie lange ein Download langsamer sein darf</translation>
    </message>
    <message>
        <source>how long a server may take to answer before it is tried again</source>
        <translation>wie lange ein Server für eine Antwort brauchen darf, bevor es erneut versucht wird</translation>
    </message>
    <message>
        <source>how many downloads from the same host run at the same time</source>
        <translation>wie viele Downloads von demselben Server zugleich laufen</translation>
    </message>
    <message>
        <source>how many downloads run at the same time</source>
        <translation>wie viele Downloads zugleich laufen</translation>
    </message>
    <message>
        <source>how often a new download is tried again before it has failed</source>
        <translation>wie oft ein neuer Download erneut versucht wird, bevor er als fehlgeschlagen gilt</translation>
    </message>
    <message>
        <source>how often the queue looks for changes that other programs made</source>
        <translation>wie oft die Warteschlange nach Änderungen anderer Programme sieht</translation>
    </message>
    <message>
        <source>language of the window: that of the system, English or German; counts from the next start on</source>
        <translation>Sprache des Fensters: die des Systems, Englisch oder Deutsch; gilt ab dem nächsten Start</translation>
    </message>
    <message>
        <source>least time between two writes of the progress to the disk</source>
        <translation>kürzeste Zeit zwischen zwei Speicherungen des Fortschritts</translation>
    </message>
    <message>
        <source>ms</source>
        <translation>ms</translation>
    </message>
    <message>
        <source>notify when a download failed</source>
        <translation>benachrichtigen, wenn ein Download fehlgeschlagen ist</translation>
    </message>
    <message>
        <source>notify when a download is finished</source>
        <translation>benachrichtigen, wenn ein Download fertig ist</translation>
    </message>
    <message>
        <source>notify when nothing is left to download</source>
        <translation>benachrichtigen, wenn nichts mehr zu laden ist</translation>
    </message>
    <message>
        <source>off</source>
        <translation>aus</translation>
    </message>
    <message>
        <source>on</source>
        <translation>ein</translation>
    </message>
    <message>
        <source>retries</source>
        <translation>Wiederholungen</translation>
    </message>
    <message>
        <source>s</source>
        <translation>s</translation>
    </message>
    <message>
        <source>the program that downloads; empty: the first one found</source>
        <translation>das Programm, das lädt; leer: das erste gefundene</translation>
    </message>
    <message>
        <source>until it succeeds</source>
        <translation>bis es gelingt</translation>
    </message>
    <message>
        <source>wait before the first retry; each further one waits twice as long</source>
        <translation>Wartezeit vor der ersten Wiederholung; jede weitere wartet doppelt so lange</translation>
    </message>
    <message>
        <source>where files go; empty: your Downloads folder</source>
        <translation>wohin Dateien kommen; leer: der eigene Downloads-Ordner</translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message>
        <source>&amp;Browse…</source>
        <translation>&amp;Durchsuchen…</translation>
    </message>
    <message>
        <source>&amp;Reset this page</source>
        <translation>Diese Seite &amp;zurücksetzen</translation>
    </message>
    <message>
        <source>&amp;Test</source>
        <translation>&amp;Testen</translation>
    </message>
    <message>
        <source>Default: {value}.</source>
        <translation>Standard: {value}.</translation>
    </message>
    <message>
        <source>How the name of a file ends tells its category; what none lists is under Other. An extension that is written into one category leaves the others.</source>
        <translation>Wie der Name einer Datei endet, sagt ihre Kategorie; was in keiner steht, ist unter „Sonstiges“. Eine Endung, die in eine Kategorie geschrieben wird, verlässt die anderen.</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>Wird gesucht …</translation>
    </message>
    <message>
        <source>Pages</source>
        <translation>Seiten</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>{path} is GNU wget {version}. It can be used.</source>
        <translation>{path} ist GNU wget {version} und verwendbar.</translation>
    </message>
    <message>
        <source>{setting}: what is written there is not used. Close again to drop it.</source>
        <translation>{setting}: Was dort steht, wird nicht verwendet. Noch einmal schließen verwirft es.</translation>
    </message>
</context>
<context>
    <name>SidePanel</name>
    <message>
        <source>Active</source>
        <translation>Aktiv</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>Archives</source>
        <translation>Archive</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>Abgebrochen</translation>
    </message>
    <message>
        <source>Categories</source>
        <translation>Kategorien</translation>
    </message>
    <message>
        <source>Checksums</source>
        <translation>Prüfsummen</translation>
    </message>
    <message>
        <source>Completed</source>
        <translation>Fertig</translation>
    </message>
    <message>
        <source>Documents</source>
        <translation>Dokumente</translation>
    </message>
    <message>
        <source>Downloads</source>
        <translation>Downloads</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Fehlgeschlagen</translation>
    </message>
    <message>
        <source>Filters</source>
        <translation>Filter</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>Mismatch</source>
        <translation>Abweichung</translation>
    </message>
    <message>
        <source>Music</source>
        <translation>Musik</translation>
    </message>
    <message>
        <source>Other</source>
        <translation>Sonstiges</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>Angehalten</translation>
    </message>
    <message>
        <source>Programs</source>
        <translation>Programme</translation>
    </message>
    <message>
        <source>Retrying</source>
        <translation>Neuer Versuch</translation>
    </message>
    <message>
        <source>Verified</source>
        <translation>Geprüft</translation>
    </message>
    <message>
        <source>Video</source>
        <translation>Video</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>Wartend</translation>
    </message>
</context>
<context>
    <name>SpeedGraph</name>
    <message>
        <source>at rest</source>
        <translation>in Ruhe</translation>
    </message>
</context>
<context>
    <name>StatusLine</name>
    <message>
        <source>Downloads at work</source>
        <translation>Laufende Downloads</translation>
    </message>
    <message>
        <source>Free space</source>
        <translation>Freier Platz</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>Netz</translation>
    </message>
    <message>
        <source>No server can be reached. Downloads go on when the network is back.</source>
        <translation>Kein Server ist erreichbar. Die Downloads gehen weiter, sobald das Netz wieder da ist.</translation>
    </message>
    <message>
        <source>Offline</source>
        <translation>Offline</translation>
    </message>
    <message>
        <source>Total speed</source>
        <translation>Gesamttempo</translation>
    </message>
    <message>
        <source>What has just happened</source>
        <translation>Was gerade geschah</translation>
    </message>
</context>
<context>
    <name>ToolBar</name>
    <message>
        <source>Tools</source>
        <translation>Werkzeuge</translation>
    </message>
</context>
<context>
    <name>VerifyDialog</name>
    <message>
        <source>&amp;Close</source>
        <translation>&amp;Schließen</translation>
    </message>
    <message>
        <source>&amp;Verify</source>
        <translation>&amp;Prüfen</translation>
    </message>
    <message>
        <source>Checksum</source>
        <translation>Prüfsumme</translation>
    </message>
    <message>
        <source>The file does not match this {kind} checksum. Check where the checksum comes from, or download the file again.</source>
        <translation>Die Datei passt nicht zu dieser {kind}-Prüfsumme. Bitte prüfen, woher die Prüfsumme stammt, oder die Datei noch einmal herunterladen.</translation>
    </message>
    <message>
        <source>The file matches this {kind} checksum.</source>
        <translation>Die Datei passt zu dieser {kind}-Prüfsumme.</translation>
    </message>
    <message>
        <source>The file on the disk is read and held against this checksum.</source>
        <translation>Die Datei auf der Platte wird gelesen und mit dieser Prüfsumme verglichen.</translation>
    </message>
    <message>
        <source>Verifying</source>
        <translation>Wird geprüft</translation>
    </message>
</context>
<context>
    <name>_AttemptTableView</name>
    <message>
        <source>Attempts</source>
        <translation>Versuche</translation>
    </message>
    <message>
        <source>the beginning</source>
        <translation>Anfang</translation>
    </message>
</context>
</TS>
