<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>Actions</name>
    <message>
        <source>&amp;Add links…</source>
        <translation>&amp;Links hinzufügen…</translation>
    </message>
    <message>
        <source>&amp;Cancel</source>
        <translation>Abbre&amp;chen</translation>
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
        <source>&amp;Keep the page</source>
        <translation>&amp;Webseite behalten</translation>
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
        <source>Add</source>
        <translation>Hinzufügen</translation>
    </message>
    <message>
        <source>Add from &amp;clipboard</source>
        <translation>Aus &amp;Zwischenablage hinzufügen</translation>
    </message>
    <message>
        <source>Copy &amp;link</source>
        <translation>&amp;Link kopieren</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
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
        <source>Re&amp;move</source>
        <translation>Ent&amp;fernen</translation>
    </message>
    <message>
        <source>Re&amp;try</source>
        <translation>&amp;Erneut versuchen</translation>
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
        <source>Add &amp;paused, to start later</source>
        <translation>&amp;Angehalten hinzufügen und später starten</translation>
    </message>
    <message>
        <source>Add links</source>
        <translation>Links hinzufügen</translation>
    </message>
    <message>
        <source>Added {downloads}. What is left could not be used.</source>
        <translation>{downloads} hinzugefügt. Der Rest ist nicht verwendbar.</translation>
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
        <source>Line {number}: {problem}</source>
        <translation>Zeile {number}: {problem}</translation>
    </message>
    <message>
        <source>Links</source>
        <translation>Links</translation>
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
        <source>and 1 more line that cannot be used</source>
        <translation>und 1 weitere Zeile, die nicht verwendbar ist</translation>
    </message>
    <message>
        <source>and {number} more lines that cannot be used</source>
        <translation>und {number} weitere Zeilen, die nicht verwendbar sind</translation>
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
    <name>Columns</name>
    <message>
        <source>Reset columns</source>
        <translation>Spalten zurücksetzen</translation>
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
        <translation>Ein ausgewählter Download zeigt hier jeden seiner Versuche.</translation>
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
        <translation>Ein ausgewählter Download zeigt hier alles über sich.</translation>
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
        <translation>Ein ausgewählter Download zeigt hier, was wget gesagt hat.</translation>
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
        <source>Completed</source>
        <translation>Fertig</translation>
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
        <source>KB</source>
        <translation>kB</translation>
    </message>
    <message>
        <source>MB</source>
        <translation>MB</translation>
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
        <source>Retrying now</source>
        <translation>Neuer Versuch beginnt</translation>
    </message>
    <message>
        <source>Saving the file</source>
        <translation>Datei wird gespeichert</translation>
    </message>
    <message>
        <source>TB</source>
        <translation>TB</translation>
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
        <source>Waiting: the server asked for a pause</source>
        <translation>Wartet: Der Server bittet um eine Pause</translation>
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
        <source>Finished</source>
        <translation>Beendet</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
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
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>No</source>
        <translation>Nein</translation>
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
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>Added {downloads}.</source>
        <translation>{downloads} hinzugefügt.</translation>
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
        <source>Paused {downloads}.</source>
        <translation>{downloads} angehalten.</translation>
    </message>
    <message>
        <source>Removed {downloads}.</source>
        <translation>{downloads} entfernt.</translation>
    </message>
    <message>
        <source>Resumed {downloads}.</source>
        <translation>{downloads} fortgesetzt.</translation>
    </message>
    <message>
        <source>The folder {folder} could not be opened.</source>
        <translation>Der Ordner {folder} ließ sich nicht öffnen.</translation>
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
        <source>Some are not downloaded yet.</source>
        <translation>Einige sind noch nicht geladen.</translation>
    </message>
    <message>
        <source>The {size} downloaded so far will be thrown away.</source>
        <translation>Die bisher geladenen {size} werden verworfen.</translation>
    </message>
    <message>
        <source>The {size} downloaded so far will be thrown away. To keep them, pause instead.</source>
        <translation>Die bisher geladenen {size} werden verworfen. Beim Anhalten bleiben sie erhalten.</translation>
    </message>
    <message>
        <source>They are not downloaded yet.</source>
        <translation>Sie sind noch nicht geladen.</translation>
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
        <source>As the system</source>
        <translation>Wie das System</translation>
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
        <source>GNU wget</source>
        <translation>GNU wget</translation>
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
        <source>May be slower for</source>
        <translation>Darf langsamer sein für</translation>
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
        <source>Wait for an answer</source>
        <translation>Auf Antwort warten</translation>
    </message>
    <message>
        <source>a download that is slower than this for too long is tried again</source>
        <translation>ein Download, der zu lange langsamer ist, wird erneut versucht</translation>
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
